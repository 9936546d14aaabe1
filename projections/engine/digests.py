"""What a read model of a tenant comes to at a position, in one short text.

Two of the same position that are not the same text are not the same rows. The order of rows doesn't
matter, nor which generation they are of.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection, IsolationLevel
from psycopg.rows import scalar_row

from infrastructure.database import BatchDatabase
from infrastructure.sql import Queries
from projections.engine.generations import Consumer
from projections.engine.projection import Projection

SQL = Queries(__package__, "digests.sql")


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """Of all tables of one read model, the rows of one tenant."""

    projection: str
    version: int
    position: int
    rows: int
    digest: str


def of_tenant(
    database: BatchDatabase, projections: Sequence[Projection], tenant_id: UUID
) -> list[Digest]:
    """One of each read model that answers and lacks no stream, all in one snapshot."""
    found: list[Digest] = []
    with database.connection() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with database.within(connection, tenant_id):
                for projection in projections:
                    if projection.tables:
                        found += _of(connection, projection, tenant_id)
        finally:
            connection.isolation_level = None
    return found


def _of(connection: Connection[Any], projection: Projection, tenant_id: UUID) -> list[Digest]:
    of = {
        "tenant_id": tenant_id,
        "projection": projection.name,
        "version": projection.version,
    }
    cursor = connection.cursor(row_factory=scalar_row)
    generation = cursor.execute(SQL["generation"], of).fetchone() or 0
    consumer = Consumer(projection, generation)
    position = cursor.execute(SQL["checkpoint"], consumer.of(tenant_id)).fetchone() or 0
    if cursor.execute(SQL["parked"], consumer.of(tenant_id)).fetchone():
        return []
    rows, texts = 0, []
    for table in projection.tables:
        asked = {"tenant_id": tenant_id, "schema": consumer.schema, "table": table}
        row = connection.execute(SQL["digest"], asked).fetchone()
        if row is not None:
            rows += row[0]
            texts.append(f"{table} {row[0]} {row[1]}")
    return [
        Digest(
            projection=projection.name,
            version=projection.version,
            position=position,
            rows=rows,
            digest="; ".join(texts),
        )
    ]
