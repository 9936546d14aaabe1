"""Verifies an export of the log without any database. Also a program, for whoever has no more:

python -m infrastructure.audit.verify FILE [KEYS]
"""

import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from infrastructure.audit import (
    manifest_check,
    stated_lines,
    stated_parquet,
    stated_records,
    stated_whole,
)
from infrastructure.audit.manifest_check import Part
from infrastructure.audit.parquet import FormatUnavailable
from infrastructure.audit.stated import Reader, refuse
from infrastructure.audit.stated_whole import WholeFile
from infrastructure.audit.verification import Verification
from infrastructure.event_log import log_file, seals
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.findings import Finding, Verified
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.seals import KeyRing


class VerifiedExport(Verified, frozen=True, kw_only=True):
    """What verifying an export came to."""

    first: int
    """Position of the first event; 0 where there is none."""
    withheld: int
    """Events without their data: those behind them prove their digests, and no more."""
    one_by_one: bool
    """Whether each event is proven, or only the file as a whole."""


def verify(
    path: Path, keys: KeyRing | None, advance: Callable[[int], None] = lambda _: None
) -> VerifiedExport:
    """Prove a whole file.

    Args:
        path: the file.
        keys: those that may have signed it and its seals; if not given, those it names itself.
        advance: is told, now and then, how many events more are proven.

    Raises:
        Unfit: it is no export of the log.
        FormatUnavailable: reading it takes a package that is not installed.
    """
    with path.open("rb") as file:
        begins = file.read(64)
    if begins.startswith(stated_whole.BEGINS):
        return _verify_whole(WholeFile(path), keys)
    found = Verification(_reader(path, begins), keys)
    found.run(advance)
    return VerifiedExport(
        tenant_id=UUID(bytes=found.tenant_id or bytes(16)),
        slug=None,
        events=found.events,
        position=found.last.position,
        seals=found.seals,
        sealed_position=found.sealed_position,
        findings=[] if found.finding is None else [found.finding],
        first=found.first,
        withheld=found.withheld,
        one_by_one=True,
    )


def _reader(path: Path, begins: bytes) -> Reader:
    if begins.startswith(stated_parquet.BEGINS):
        return stated_parquet.ParquetReader(path)
    if begins.startswith(stated_records.BEGINS) or begins.startswith(b"event,"):
        return stated_records.CsvReader(path)
    if begins.startswith(stated_lines.BEGINS):
        return stated_lines.JsonLinesReader(path)
    return refuse("begin", "this is no export of the log in a known format")


def _verify_whole(file: WholeFile, keys: KeyRing | None) -> VerifiedExport:
    manifest = file.manifest
    own = log_file.encoder.encode(manifest.seal_keys)
    found: list[Finding] = []
    start = Link(manifest.after, bytes.fromhex(manifest.digest_before))
    end = Link(manifest.after + file.lines, bytes.fromhex(manifest.digest))
    part = Part(start=start, events=file.lines, seals=manifest.seals, withheld=manifest.withheld)
    try:
        ring = seals.read_key_set(own) if keys is None else keys
        manifest_check.check(manifest, part, end, file.content_sha256, ring)
    except Unfit as unfit:
        found.append(unfit.finding)
    except ValueError as error:
        found.append(Finding(kind="file", position=None, detail=f"the seals' keys: {error}"))
    return VerifiedExport(
        tenant_id=manifest.tenant_id,
        slug=None,
        events=file.lines,
        position=manifest.position,
        seals=0,
        sealed_position=0,
        findings=found,
        first=manifest.after + 1 if file.lines else 0,
        withheld=manifest.withheld,
        one_by_one=False,
    )


def main(arguments: list[str]) -> int:
    """Verify a file and say so. 0 intact, 1 not, 2 wrong usage."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: verify FILE [KEYS]\n")
        return 2
    keys = seals.read_key_set(Path(arguments[1]).read_bytes()) if arguments[1:] else None
    try:
        found = verify(Path(arguments[0]), keys)
    except (Unfit, FormatUnavailable) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    for finding in found.findings:
        sys.stdout.write(f"{Unfit(finding)}\n")
    sys.stdout.write(f"{found.tenant_id}: proven to position {found.position}\n")
    return 0 if found.intact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
