"""Reading a whole log as the application's role: one tenant, one snapshot, raw rows, any length."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection, Cursor, sql
from psycopg.types.numeric import Int8BinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from infrastructure.database import SET_TENANT

# A log may take long to read. The two cores of a small machine are better spent on reading it
# twice at once than on one query.
_OPTIONS = "-c statement_timeout=0 -c timezone=UTC -c max_parallel_workers_per_gather=0"
CHUNK_ROWS = 1000


def connect(url: str) -> Connection[Any]:
    """A connection for reading alone."""
    connection = psycopg.connect(url, autocommit=True, options=_OPTIONS)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


@contextmanager
def of_tenant(connection: Connection[Any], tenant_id: UUID) -> Iterator[None]:
    """A transaction that sees one tenant, as it is now."""
    with connection.transaction():
        connection.execute(SET_TENANT, [str(tenant_id)])
        yield


@contextmanager
def same(connection: Connection[Any], other: Connection[Any], tenant_id: UUID) -> Iterator[None]:
    """A transaction of `other` that sees exactly what the one of `connection` sees."""
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    with other.transaction():
        name = sql.Literal(row[0] if row else "")
        other.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(name))
        other.execute(SET_TENANT, [str(tenant_id)])
        yield


def stream(
    connection: Connection[Any], query: bytes, parameters: dict[str, Any], *, raw: bool = False
) -> Generator[tuple[Any, ...], None, None]:
    """The rows as they come. Close it before the transaction ends.

    Raw ones have ids as 16 bytes, texts as UTF-8, and times as microseconds since 2000.
    """
    cursor: Cursor[tuple[Any, ...]] = connection.cursor(binary=True)
    if raw:
        for kind in ("uuid", "text"):
            cursor.adapters.register_loader(kind, ByteaBinaryLoader)
        cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
    yield from cursor.stream(query, parameters, size=CHUNK_ROWS)
