"""`muniment projections list`: where every projection stands."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import rich_click as click

from application.actor import Actor
from infrastructure.settings import Settings
from interfaces.cli import operator
from interfaces.parts import Operator
from projections import catalogue
from projections.engine import standing
from projections.engine.standing import Standing, TenantStanding


def run(settings: Settings, tenant: str | None, *, as_json: bool) -> None:
    """Over all tenants, or for one."""
    if tenant is None:
        _over_all(settings, as_json=as_json)
    else:
        _of_one(settings, tenant, as_json=as_json)


def _over_all(settings: Settings, *, as_json: bool) -> None:
    async def look(
        wired: Operator, _actor: Actor, _tenant_id: UUID | None
    ) -> tuple[Sequence[Standing], float | None]:
        bound = settings.lag_seconds_max
        found = await standing.now(wired.database, catalogue.PROJECTIONS, overdue_seconds=bound)
        return found, await standing.sweep_age_seconds(wired.database)

    found, age = operator.work(settings, None, look)
    if as_json:
        _tell({"projections": found, "sweep_age_seconds": age})
        return
    rows = [
        (
            *(each.projection, f"v{each.version}", f"g{each.generation}"),
            each.state if each.serves or each.state == "building" else f"{each.state}, stands by",
            f"{each.lowest_position}-{each.highest_position}",
            *(f"{each.events_behind:,}", f"{each.lag_seconds:,.1f}"),
            *(f"{each.tenants_behind:,}/{each.tenants:,}", f"{each.events_per_second:,.0f}"),
            f"{each.dead_letters}",
        )
        for each in found
    ]
    heading = ("NAME", "", "", "STATE", "POSITIONS", "BEHIND", "SECONDS", "TENANTS", "EVENTS/S")
    _table((*heading, "DEAD LETTERS"), rows)
    click.echo("last sweep: " + ("never" if age is None else f"{age:,.1f} s ago"))


def _of_one(settings: Settings, tenant: str, *, as_json: bool) -> None:
    async def look(
        wired: Operator, _actor: Actor, tenant_id: UUID | None
    ) -> Sequence[TenantStanding]:
        if tenant_id is None:
            return []
        return await standing.of_tenant(wired.database, tenant_id, catalogue.PROJECTIONS)

    found = operator.work(settings, tenant, look)
    if as_json:
        _tell({"projections": found})
        return
    rows = [
        (
            *(each.projection, f"v{each.version}", f"g{each.generation}", each.state),
            *(f"{each.position}/{each.head}", f"{each.events_behind:,}"),
            *(f"{each.lag_seconds:,.1f}", f"{each.dead_letters}", each.failure or "-"),
        )
        for each in found
    ]
    heading = ("NAME", "", "", "STATE", "POSITION", "BEHIND", "SECONDS", "DEAD LETTERS", "FAILURE")
    _table(heading, rows)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]
    for row in (heading, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _tell(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value)))
