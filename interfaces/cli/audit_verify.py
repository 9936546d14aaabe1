"""`muniment audit verify`: is an export what the log was?"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from infrastructure.audit import verify
from infrastructure.audit.verify import VerifiedExport
from interfaces.cli import events_keys
from interfaces.cli.progress import Shown


def run(file: Path, keys: Path | None, *, as_json: bool) -> None:
    """Verify a file; exit with 1 if anything is wrong."""
    trusted = events_keys.key_ring(keys)
    with Shown("verifying", "events", 0) as shown:
        found = verify.verify(file, trusted, shown.advance)
        shown.advance(found.events - shown.done)
    if as_json:
        told: dict[str, Any] = msgspec.to_builtins(found)
        told.pop("slug")
        document = {"intact": found.intact, "trusted_keys": trusted is not None, **told}
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
    else:
        for line in _lines(found, trusted=trusted is not None):
            click.echo(line)
    if not found.intact:
        sys.exit(1)


def _lines(found: VerifiedExport, *, trusted: bool) -> Iterator[str]:
    if not found.intact:
        yield f"{found.tenant_id}: NOT INTACT"
        for finding in found.findings:
            where = f"position {finding.position}: " if finding.position is not None else ""
            yield f"  {where}{finding.kind}: {finding.detail}"
        return
    sealed = f", sealed to {found.sealed_position}" if found.seals else ", no seal in it"
    what = "intact" if found.one_by_one else "the file is what was exported"
    yield (
        f"{found.tenant_id}: {what}, {found.events:,} events, {found.first} to {found.position}"
        f"{sealed if found.one_by_one else ''}"
    )
    if found.withheld:
        yield f"  {found.withheld:,} events stand without their data"
    if not trusted:
        yield "  by the keys that the file names itself: give --keys to know who made it"
