"""Where a log stood at a time. Positions and times rise together, so it is found by halves."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.ids import Position
from infrastructure.database import Database
from infrastructure.sql import Queries

SQL = Queries(__package__, "positions.sql")


class Now(NamedTuple):
    """The last position of a log, 0 before the first, and the time by the database's clock."""

    head: int
    time: datetime


class _Position(NamedTuple):
    position: int


async def now(database: Database, tenant_id: UUID) -> Now:
    """Where the log stands."""
    (row,) = await database.rows(tenant_id, SQL["now"], {}, Now)
    return row


async def at(database: Database, tenant_id: UUID, moment: datetime, *, head: int) -> Position:
    """The last position recorded at a time or before it; 0 before the first."""
    behind = await at_or_after(database, tenant_id, _next(moment), head=head)
    return Position(behind - 1)


async def at_or_after(
    database: Database, tenant_id: UUID, moment: datetime, *, head: int
) -> Position:
    """The first position recorded at a time or later; the one beyond `head` where there is none."""
    parameters = {"head": head, "moment": moment}
    row = await database.row(tenant_id, SQL["at_or_after"], parameters, _Position)
    return Position(row.position if row else head + 1)


def _next(moment: datetime) -> datetime:
    """The earliest time behind this one that the log can tell from it, if there is any."""
    try:
        return moment + datetime.resolution
    except OverflowError:
        return moment
