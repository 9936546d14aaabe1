"""What differs between live read models and the log, for people and for machines."""

from collections.abc import Iterator
from typing import Any

import msgspec
import rich_click as click

from interfaces.cli.progress import Shown
from projections.engine.comparison import Compared, Difference
from projections.engine.rebuild import Built

SHOWN_TENANTS = 20
KINDS = {
    "missing": "is missing",
    "surplus": "should not be there",
    "different": "differs in",
}


def tell(built: Built, shown: Shown, *, as_json: bool) -> None:
    """Print it."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(document(built, shown))))
        return
    for each in built.differing[:SHOWN_TENANTS]:
        for line in _lines(each):
            click.echo(line)
    more = len(built.differing) - SHOWN_TENANTS
    if more > 0:
        click.echo(f"and {more:,} more")
    for name, count in built.differences.items():
        click.echo(f"{name}: {f'{count:,} rows differ' if count else 'as the log says'}")
    rate = round(shown.done / max(shown.seconds, 1e-9))
    click.echo(
        f"{shown.done:,} events of {built.tenants:,} tenants in {shown.seconds:.1f} s "
        f"({rate:,} events/s)"
    )


def document(built: Built, shown: Shown) -> dict[str, Any]:
    """The same for machines."""
    return {
        "events": shown.done,
        "tenants": built.tenants,
        "seconds": round(shown.seconds, 3),
        "events_per_second": round(shown.done / max(shown.seconds, 1e-9)),
        "differences": built.differences,
        "differing": msgspec.to_builtins(built.differing),
    }


def _lines(compared: Compared) -> Iterator[str]:
    yield (
        f"{compared.projection} of tenant {compared.tenant_id} at position {compared.position}: "
        f"{compared.missing:,} rows missing, {compared.surplus:,} surplus, "
        f"{compared.different:,} different"
    )
    for table in compared.lost:
        yield f"  the table {table} is lost, or its columns are not those of its definition"
    for sample in compared.samples:
        yield f"  {_row(sample)}"


def _row(sample: Difference) -> str:
    key = ", ".join(map(str, sample.key[1:] or sample.key))
    columns = f" {', '.join(sample.columns)}" if sample.columns else ""
    return f"{sample.table} {key} {KINDS[sample.kind]}{columns}"
