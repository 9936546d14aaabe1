"""How many exports a tenant has at once and in a minute, counted over all processes."""

from typing import Any
from uuid import UUID

from psycopg.rows import scalar_row

from infrastructure.database import SET_TENANT, Database
from infrastructure.sql import Queries

SQL = Queries(__package__, "slots.sql")

AT_ONCE_MAX = 2
PER_MINUTE_MAX = 30
LEASE_SECONDS = 60
EXTEND_AFTER_SECONDS = 10


class TooManyExports(Exception):  # noqa: N818 - named for what is the matter
    """The tenant has as many exports running, or begun within a minute, as it can have."""


class ExportSlots:
    """Leases: one that is not extended is free again after a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, tenant_id: UUID, lease_id: UUID) -> None:
        """Take one.

        Raises:
            TooManyExports: see its message.
        """
        bounds = {"at_once": AT_ONCE_MAX, "per_minute": PER_MINUTE_MAX}
        steps = ("one_by_one", "forget", "take")
        if not await self._run(steps, tenant_id, lease_id, bounds):
            raise TooManyExports

    async def extend(self, tenant_id: UUID, lease_id: UUID) -> bool:
        """Keep it for another minute. False where it ran out: its holder has to stop."""
        return bool(await self._run(("extend",), tenant_id, lease_id, {}))

    async def release(self, tenant_id: UUID, lease_id: UUID) -> None:
        """Give it back."""
        await self._run(("release",), tenant_id, lease_id, {})

    async def _run(
        self, steps: tuple[str, ...], tenant_id: UUID, lease_id: UUID, bounds: dict[str, Any]
    ) -> list[UUID]:
        """Steps in one transaction and one round trip; what the last one returned."""
        of = {"tenant_id": tenant_id, "lease_id": lease_id, "lease_seconds": LEASE_SECONDS}
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            # Without BEGIN, what is sent together is one transaction.
            async with connection.pipeline():
                await connection.execute(SET_TENANT, [str(tenant_id)])
                for step in steps:
                    cursor = connection.cursor(row_factory=scalar_row)
                    await cursor.execute(SQL[step], {**of, **bounds})
            return await cursor.fetchall() if cursor.description else []
