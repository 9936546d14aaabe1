"""Who was erased while access tokens of theirs may still be good."""

import asyncio
import time
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import args_row

from infrastructure.database import Database
from infrastructure.vault.vault import SQL

FRESH_SECONDS = 1.0
LATELY_SECONDS = 86_400 + 3_600
"""Longer than any access token can be good, whatever the setting was when it was given out."""


class ErasedPerson(NamedTuple):
    """Somebody of a tenant."""

    tenant_id: UUID
    person_id: UUID


class ErasedPersons:
    """One question to the database a second at most, however many requests ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: frozenset[tuple[UUID, UUID]] = frozenset()
        self._good_until = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def include(self, tenant_id: UUID, person_id: UUID) -> bool:
        """Whether this person was erased, as it was known within the last second.

        Raises:
            psycopg.OperationalError, psycopg_pool.PoolTimeout: the database can't be reached.
        """
        if time.monotonic() >= self._good_until:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            # All who come meanwhile wait for the same answer; one who goes away stops nobody.
            await asyncio.shield(self._asking)
        return (tenant_id, person_id) in self._found

    async def _ask(self) -> None:
        begun = time.monotonic()
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=args_row(ErasedPerson), binary=True)
            await cursor.execute(SQL["erased_within"], {"seconds": LATELY_SECONDS})
            self._found = frozenset(await cursor.fetchall())
        self._good_until = begun + FRESH_SECONDS
