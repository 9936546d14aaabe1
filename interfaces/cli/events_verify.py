"""`muniment events verify`: is every log what it was when it was written?"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from infrastructure.event_log import log_file_verify, tenants
from infrastructure.event_log.findings import Verified
from infrastructure.event_log.verifier import Verifier
from infrastructure.settings import Settings
from interfaces.cli import events_keys, events_tenant, open_database
from interfaces.cli.progress import Shown


def run(settings: Settings, tenant: str | None, keys: Path | None, *, as_json: bool) -> None:
    """Verify one log, or all; exit with 1 if anything is wrong."""
    trusted = events_keys.key_ring(keys)
    with (
        open_database.reached(settings) as addresses,
        closing(Verifier(addresses.app, keys=trusted)) as verifier,
    ):
        chosen = verifier.tenants()
        if tenant is not None:
            chosen = [events_tenant.named(chosen, tenant)]
        total = sum(each.position or 0 for each in chosen)
        with Shown("verifying", "events", total) as shown:
            verified = [verifier.verify(each, shown.advance) for each in chosen]
    tell(verified, shown, as_json=as_json)


def run_offline(file: Path, keys: Path | None, *, as_json: bool) -> None:
    """Verify an exported log; exit with 1 if anything is wrong."""
    with Shown("verifying", "events", 0) as shown:
        verified = log_file_verify.verify(file, events_keys.key_ring(keys), shown.advance)
        shown.advance(verified.events - shown.done)
    tell([verified], shown, as_json=as_json)


def tell(verified: Sequence[Verified], shown: Shown, *, as_json: bool) -> None:
    """Print what was found; exit with 1 if anything is wrong."""
    broken = sum(not each.intact for each in verified)
    rate = round(shown.done / max(shown.seconds, 1e-9))
    if as_json:
        document = {
            "intact": not broken,
            "events": shown.done,
            "seconds": round(shown.seconds, 3),
            "events_per_second": rate,
            "tenants": [_as_json(each) for each in verified],
        }
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
    else:
        for line in (line for each in verified for line in _lines(each)):
            click.echo(line)
        outcome = f"{broken} not intact" if broken else "all intact"
        click.echo(
            f"{shown.done:,} events of {len(verified):,} tenants in {shown.seconds:.1f} s "
            f"({rate:,} events/s): {outcome}"
        )
    if broken:
        sys.exit(1)


def _lines(verified: Verified) -> Iterator[str]:
    name = tenants.label(verified.tenant_id, verified.slug)
    if verified.intact:
        sealed = f", sealed to {verified.sealed_position}" if verified.seals else ", not sealed"
        yield f"{name}: intact to position {verified.position}{sealed}"
        return
    yield f"{name}: NOT INTACT"
    for finding in verified.findings:
        where = f"position {finding.position}: " if finding.position is not None else ""
        yield f"  {where}{finding.kind}: {finding.detail}"


def _as_json(verified: Verified) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(verified)
    return {"intact": verified.intact, **found}
