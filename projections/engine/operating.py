"""Projections in the hands of an administrator."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from application.jobs import Job
from application.platform.ports import DeadLetter, DeadLetterFilter, Outcome
from domain.platform.operating import DeadLetterOutdated
from infrastructure.database import BatchDatabase, Database
from infrastructure.sql import Queries
from infrastructure.vault.vault import Vault
from projections.engine import dead_letters
from projections.engine.generations import Consumer
from projections.engine.projection import Projection

SQL = Queries(__package__, "operating.sql")


class _Head(msgspec.Struct, frozen=True):
    position: int


class OperatedProjections:
    """Implements `application.platform.ports.Projections`."""

    def __init__(
        self,
        database: Database,
        batch_database: BatchDatabase,
        vault: Vault,
        projections: Sequence[Projection],
        announce: Callable[[Sequence[Job]], None] = lambda _: None,
    ) -> None:
        """`announce` tells workers of jobs; untold they are found by the sweep."""
        self._database = database
        self._batch_database = batch_database
        self._vault = vault
        self._projections = {(each.name, each.version): each for each in projections}
        self._announce = announce

    def knows(self, projection: str) -> bool:
        """Whether there is one of this name."""
        return any(name == projection for name, _ in self._projections)

    async def knows_tenant(self, tenant_id: UUID) -> bool:
        """Whether there is a log of this tenant."""
        return await self._database.row(tenant_id, SQL["head"], {}, _Head) is not None

    async def pause(self, projection: str, tenant_id: UUID | None, by: str) -> None:
        """Have it stand still; again changes nothing."""
        await self._run("pause", projection=projection, tenant_id=tenant_id, by=by)

    async def resume(self, projection: str, tenant_id: UUID | None) -> None:
        """End that pause; without one nothing changes."""
        await self._run("resume", projection=projection, tenant_id=tenant_id)

    async def dead_letters(self, wanted: DeadLetterFilter, *, limit: int) -> Sequence[DeadLetter]:
        """Those that are wanted, in the order of their ids, oldest first."""
        if "\0" in (wanted.projection or ""):
            return []  # no name has it, and PostgreSQL takes no text with it
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(DeadLetter))
            parameters = {**msgspec.structs.asdict(wanted), "limit": limit}
            await cursor.execute(SQL["dead_letters"], parameters)
            return await cursor.fetchall()

    async def take_up(self, letter: DeadLetter, *, skip: bool) -> Outcome:
        """Take in what was passed over; see `dead_letters.take_up`.

        Raises:
            DeadLetterOutdated: nothing here runs that version.
        """
        projection = self._projections.get((letter.projection, letter.version))
        if projection is None:
            raise DeadLetterOutdated
        taken = await asyncio.to_thread(
            dead_letters.take_up,
            self._batch_database,
            self._vault,
            Consumer(projection, letter.generation),
            letter,
            skip=skip,
        )
        await asyncio.to_thread(self._announce, taken.jobs)
        return taken.outcome

    async def _run(self, query: str, **parameters: Any) -> None:
        async with self._database.connection() as connection:
            await connection.execute(SQL[query], parameters)
