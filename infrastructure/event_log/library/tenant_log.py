"""One tenant's log as one application of the library uses it: connections and context."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from infrastructure.database import PREPARE_AT_ONCE, SESSION_OPTIONS, SET_TENANT
from infrastructure.event_log.library import errors

WAIT_FOR_CONNECTION_SECONDS = 30.0
"""As long as the library's own pools wait: its users run many threads over few connections."""
TRIES_MAX = 3


class TenantLog:
    """Connections of the application's role, always working for the one tenant.

    Any number of threads may share it. Every error is one of `eventsourcing.persistence`.
    """

    def __init__(
        self, url: str, tenant_id: UUID, *, application: str, connections_max: int = 10
    ) -> None:
        self.tenant_id = tenant_id
        self.application = application
        self._pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            url,
            min_size=1,
            max_size=connections_max,
            timeout=WAIT_FOR_CONNECTION_SECONDS,
            open=False,
            kwargs={
                "autocommit": True,
                "options": SESSION_OPTIONS,
                "prepare_threshold": PREPARE_AT_ONCE,
            },
            name="library",
        )

    def open(self) -> None:
        """Start the pool; connections are made in the background."""
        self._pool.open()

    def close(self) -> None:
        """Close every connection; closing again does nothing."""
        self._pool.close()

    def __del__(self) -> None:
        # The library's runners drop the factory of a view and keep the view: nobody else closes it.
        # Without waiting: this may run in one of the pool's own threads.
        with suppress(AttributeError):
            self._pool.close(timeout=0)

    def rows(self, query: bytes, **params: Any) -> list[tuple[Any, ...]]:
        """Run a query, or a statement that may be repeated without harm, in one round trip.

        A lost connection is replaced and the statement sent again.
        """
        with errors.translated():
            for _ in range(TRIES_MAX - 1):
                try:
                    return self._run(query, params)
                except psycopg.OperationalError as error:
                    if not errors.is_passing(error):
                        raise
                    self._pool.check()
            return self._run(query, params)

    def rows_once(self, query: bytes, **params: Any) -> list[tuple[Any, ...]]:
        """Run a statement that must not be repeated when its outcome is unknown."""
        with errors.translated():
            return self._run(query, params)

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        """A transaction in the tenant's context, for what a view writes with its tracking."""
        with errors.translated(), self._pool.connection() as connection, connection.transaction():
            connection.execute(SET_TENANT, [str(self.tenant_id)])
            yield connection

    def _run(self, query: bytes, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._pool.connection() as connection:
            # Without BEGIN, both statements are one transaction and one round trip.
            with connection.pipeline():
                connection.execute(SET_TENANT, [str(self.tenant_id)])
                cursor = connection.cursor(row_factory=tuple_row, binary=True)
                cursor.execute(query, {**params, "tenant_id": self.tenant_id})
            return cursor.fetchall()
