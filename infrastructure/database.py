"""Connections of the application's role, always working for one tenant at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import args_row, class_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

Row = TypeVar("Row")

SET_TENANT = b"SELECT set_config('app.tenant_id', %s, true)"

# What a read works with: its tenant, and the schemas of the read models that answer for it.
READ_AS_TENANT = (
    b"SELECT set_config('app.tenant_id', %(tenant_id)s, true), "
    b"set_config('search_path', read.search_path_of(%(tenant_id)s::uuid), true)"
)
SEARCH_PATH = "read,public,pg_temp"
"""Queries name read tables without their schema. Temporary tables come last: none hides another."""

_OPTIONS = (
    f"-c idle_in_transaction_session_timeout=60s -c timezone=UTC -c search_path={SEARCH_PATH}"
)
# O7 of the requirements: no statement over 30 s, no transaction idle for over a minute.
SESSION_OPTIONS = f"-c statement_timeout=30s {_OPTIONS}"
PATIENT_OPTIONS = f"-c statement_timeout=0 {_OPTIONS}"
"""For what nobody waits for and may take long, such as an index over a whole table."""
PREPARE_AT_ONCE = 0
"""Statements are prepared at their first use. psycopg takes one that fails at a later first time,
in a pipeline, for prepared from then on, and every use of it on that connection would fail."""
WAIT_FOR_CONNECTION_SECONDS = 5.0
ANSWER_WITHIN_SECONDS = 2.0
"""How long somebody who waits for an answer waits for a connection."""
RECONNECT_SECONDS = 1.0
"""After that the pool gives up, and whoever comes next tries at once: without it the pauses
between its attempts double, and a database that is back would be found minutes later."""


class Database:
    """Asynchronous reads: one round trip each, the tenant's context set in the same one.

    The same round trip also finds the generation that answers, so that a switch is seen by every
    process at once and never in the middle of a query.
    """

    def __init__(self, url: str, *, size_max: int = 10) -> None:
        self.url = url
        self._close_with: list[Callable[[], Awaitable[None]]] = []
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size_max,
            timeout=ANSWER_WITHIN_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
            kwargs={
                "autocommit": True,
                "options": SESSION_OPTIONS,
                "prepare_threshold": PREPARE_AT_ONCE,
            },
            name="async",
        )

    async def open(self) -> None:
        """Start the pool; connections are made in the background."""
        await self._pool.open()

    async def close(self) -> None:
        """Close every connection."""
        for close in self._close_with:
            await close()
        await self._pool.close()

    def close_with(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have `close` called when this closes."""
        self._close_with.append(close)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection in autocommit mode, without any tenant's context."""
        async with self._pool.connection() as connection:
            yield connection

    async def rows(
        self, tenant_id: UUID, query: bytes, params: dict[str, Any], row: type[Row]
    ) -> list[Row]:
        """Run `query` for one tenant; each row becomes a `row(**columns)`."""
        async with self._pool.connection() as connection:
            # Without BEGIN, both statements are one transaction and one round trip.
            async with connection.pipeline():
                await connection.execute(READ_AS_TENANT, {"tenant_id": str(tenant_id)})
                cursor = connection.cursor(row_factory=class_row(row))
                await cursor.execute(query, {**params, "tenant_id": tenant_id})
            return await cursor.fetchall()

    async def row(
        self, tenant_id: UUID, query: bytes, params: dict[str, Any], row: type[Row]
    ) -> Row | None:
        """The first row, or None."""
        found = await self.rows(tenant_id, query, params, row)
        return found[0] if found else None


class BatchDatabase:
    """Synchronous transactions for projectors and other batch work."""

    def __init__(self, url: str, *, size_max: int = 10, options: str = SESSION_OPTIONS) -> None:
        self._pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            url,
            min_size=1,
            max_size=size_max,
            timeout=WAIT_FOR_CONNECTION_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
            kwargs={
                "autocommit": True,
                "options": options,
                "prepare_threshold": PREPARE_AT_ONCE,
            },
            name="batch",
        )

    def open(self) -> None:
        """Start the pool."""
        self._pool.open()

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection in autocommit mode, without any tenant's context."""
        with self._pool.connection() as connection:
            yield connection

    def rows(
        self, tenant_id: UUID, query: bytes, params: dict[str, Any], row: type[Row]
    ) -> list[Row]:
        """Run `query` for one tenant in one round trip; each row becomes a `row(*columns)`."""
        with self._pool.connection() as connection:
            with connection.pipeline():
                connection.execute(READ_AS_TENANT, {"tenant_id": str(tenant_id)})
                cursor = connection.cursor(row_factory=args_row(row))
                cursor.execute(query, {**params, "tenant_id": tenant_id})
            return cursor.fetchall()

    @contextmanager
    def transaction(self, tenant_id: UUID) -> Iterator[Connection[Any]]:
        """One transaction for one tenant; commits at the end, rolls back on an exception.

        Read tables are those of the first generation, whichever one answers.
        """
        with self._pool.connection() as connection, self.within(connection, tenant_id):
            yield connection

    @contextmanager
    def within(self, connection: Connection[Any], tenant_id: UUID) -> Iterator[None]:
        """The same on a connection that the caller has, with the isolation that it has."""
        with connection.transaction():
            connection.execute(SET_TENANT, [str(tenant_id)])
            yield


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached or is overloaded, so that trying later is right."""
    return isinstance(error, psycopg.OperationalError)
