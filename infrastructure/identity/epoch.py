"""The epoch of the installation: another one after each restore, so that no older token is good."""

import asyncio
import time

from psycopg.rows import scalar_row

from infrastructure.database import Database
from infrastructure.identity.tokens import Claims, TokenRefused
from infrastructure.sql import Queries

SQL = Queries(__package__, "epoch.sql")

FRESH_SECONDS = 1.0


class Epoch:
    """One question to the database a second at most, however many requests ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found = ""
        self._good_until = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def current(self) -> str:
        """As it was within the last second; empty where nothing was ever restored.

        Raises:
            psycopg.OperationalError, psycopg_pool.PoolTimeout: the database can't be reached.
        """
        if time.monotonic() >= self._good_until:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            # All who come meanwhile wait for the same answer; one who goes away stops nobody.
            await asyncio.shield(self._asking)
        return self._found

    async def check(self, claims: Claims) -> None:
        """Refuse a token of another epoch.

        Raises:
            TokenRefused: it was given out before the last restore, or by another installation.
        """
        if claims.epoch != await self.current():
            raise TokenRefused

    async def _ask(self) -> None:
        begun = time.monotonic()
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            await cursor.execute(SQL["epoch"])
            self._found = await cursor.fetchone() or ""
        self._good_until = begun + FRESH_SECONDS
