"""Where every projection stands: over all tenants, and for one.

The scheduler keeps a sample every few seconds. Metrics and readiness read the last one, which costs
the same however many tenants there are.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.rows import class_row, scalar_row

from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine import reading
from projections.engine.projection import Projection

SQL = Queries(__package__, "standing.sql")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a projection, over all tenants that it is for.

    `state` is running, failing (something it needs can't be reached, for a tenant at least), paused
    (for all) or building. `lag_seconds` is the age of the oldest event that it has not taken in,
    `events_per_second` what it took in over the last minute, `idle_seconds` since when no
    checkpoint of it has moved. Overdue are tenants that are behind for longer than the bound.
    """

    projection: str
    version: int
    generation: int
    serves: bool
    state: str
    tenants: int
    tenants_behind: int
    tenants_overdue: int
    lowest_position: int
    highest_position: int
    events_taken: int
    events_behind: int
    lag_seconds: float
    events_per_second: float
    idle_seconds: float | None
    dead_letters: int

    def is_stuck(self, overdue_seconds: float) -> bool:
        """Whether reads ought to go elsewhere.

        Some tenant is overdue, and either nothing moves any more or it is so for at least half of
        all tenants. One tenant with much to catch up on is no reason to turn every other away.
        """
        if not self.serves or self.state in ("paused", "building") or not self.tenants_overdue:
            return False
        idle = self.idle_seconds is None or self.idle_seconds > overdue_seconds
        return idle or self.tenants_overdue * 2 >= self.tenants


class TenantStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a projection, for one tenant."""

    projection: str
    version: int
    generation: int
    state: str
    position: int
    head: int
    events_behind: int
    lag_seconds: float
    failure: str | None
    attempts: int
    retry_at: datetime | None
    dead_letters: int


async def now(
    database: Database,
    projections: Iterable[type[Projection]],
    *,
    overdue_seconds: float,
) -> Sequence[Standing]:
    """As it is at this moment: looks at every tenant."""
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Standing))
        await cursor.execute(SQL["now"], _parameters(projections, overdue_seconds))
        return await cursor.fetchall()


async def latest(database: Database) -> Sequence[Standing]:
    """As the scheduler saw it last; nothing where that is over a minute ago."""
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Standing))
        await cursor.execute(SQL["latest"])
        return await cursor.fetchall()


async def of_tenant(
    database: Database, tenant_id: UUID, projections: Iterable[type[Projection]]
) -> Sequence[TenantStanding]:
    """For one tenant, as it is at this moment; nothing where there is no such tenant."""
    names = reading.names((each.name, each.version) for each in projections)
    return await database.rows(tenant_id, SQL["of_tenant"], names, TenantStanding)


async def sweep_age_seconds(database: Database) -> float | None:
    """When the last sweep ended; None if there never was one."""
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute(SQL["sweep_age"])
        age: float | None = await cursor.fetchone()
        return age


async def swept(database: Database) -> None:
    """Note that a sweep has ended."""
    async with database.connection() as connection:
        await connection.execute(SQL["beat"])


async def keep(
    database: Database,
    projections: Iterable[type[Projection]],
    *,
    overdue_seconds: float,
) -> None:
    """Keep a sample."""
    async with database.connection() as connection:
        await connection.execute(SQL["keep"], _parameters(projections, overdue_seconds))


def _parameters(
    projections: Iterable[type[Projection]], overdue_seconds: float
) -> dict[str, object]:
    names = reading.names((each.name, each.version) for each in projections)
    return {**names, "overdue_seconds": overdue_seconds}
