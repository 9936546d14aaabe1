"""Verifies an exported log without any database. Also a program, for whoever has no more than this:

python -m infrastructure.event_log.log_file_verify FILE [KEYS]
"""

import sys
from collections.abc import Callable
from pathlib import Path

from infrastructure.event_log import log_file_lines, seals
from infrastructure.event_log.findings import Finding, Verified
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.log_file_reader import LogFileReader
from infrastructure.event_log.seals import KeyRing

_REPORTED_EVENTS = 1000


def verify(
    path: Path, keys: KeyRing | None, advance: Callable[[int], None] = lambda _: None
) -> Verified:
    """Prove a whole file.

    Args:
        path: the file.
        keys: those that may have signed it and its seals; if not given, those it names itself.
        advance: is told, now and then, how many events more are proven.

    Raises:
        Unfit: it doesn't even begin like an exported log.
    """
    with log_file_lines.opened(path) as lines:
        reader = LogFileReader(lines, signers=keys, sealers=keys)
        findings: list[Finding] = []
        try:
            for event in reader.events():
                if event.position % _REPORTED_EVENTS == 0:
                    advance(_REPORTED_EVENTS)
            for _ in reader.claims():
                pass
            reader.finish()
        except Unfit as unfit:
            findings.append(unfit.finding)
    return Verified(
        tenant_id=reader.header.tenant_id,
        slug=None,
        events=reader.last.position - reader.header.after,
        position=reader.last.position,
        seals=reader.seals,
        sealed_position=reader.sealed_position,
        findings=findings,
    )


def main(arguments: list[str]) -> int:
    """Verify a file and say so. 0 intact, 1 not, 2 wrong usage."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: log_file_verify FILE [KEYS]\n")
        return 2
    keys = seals.read_key_set(Path(arguments[1]).read_bytes()) if arguments[1:] else None
    try:
        verified = verify(Path(arguments[0]), keys)
    except Unfit as unfit:
        sys.stdout.write(f"{unfit}\n")
        return 1
    for finding in verified.findings:
        sys.stdout.write(f"{Unfit(finding)}\n")
    sys.stdout.write(f"{verified.tenant_id}: the chain holds to position {verified.position}\n")
    return 0 if verified.intact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
