"""Makes the tables of read models that are not there yet, under the log's protection."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import scalar_row

from infrastructure.event_log.migrate import MIGRATION_LOCK
from projections.engine.projection import Projection
from projections.engine.reading import SQL

AnyProjection = Projection | type[Projection]


def create_missing(admin_url: str, projections: Sequence[AnyProjection]) -> list[str]:
    """Create what is missing in the first generation and return the names of the new tables.

    A read model of which a table was lost begins anew, all of it, at the first event. One whose
    first generation was dropped answers from another and needs none.

    Args:
        admin_url: a role that may act as `muniment_owner`.
    """
    made: list[str] = []
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        connection.execute("SET LOCAL ROLE muniment_owner")
        connection.execute(SQL["in_read"])
        for projection in projections:
            if _lacks_tables(connection, projection):
                _create(connection, projection)
                made += projection.tables
    return made


def _lacks_tables(connection: Connection[Any], projection: AnyProjection) -> bool:
    cursor = connection.cursor(row_factory=scalar_row)
    dropped = {"projection": projection.name, "version": projection.version}
    return not cursor.execute(SQL["first_is_dropped"], dropped).fetchone() and not all(
        cursor.execute(SQL["table_exists"], {"table": table}).fetchone()
        for table in projection.tables
    )


def _create(connection: Connection[Any], projection: AnyProjection) -> None:
    of = {"projection": projection.name, "version": projection.version}
    for table in projection.tables:
        drop = sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier("read", table))
        connection.execute(drop)
    connection.execute(SQL["forget_first_parked"], of)
    connection.execute(SQL["forget_first_checkpoints"], of)
    connection.execute(projection.queries["create"])
    for table in projection.tables:
        connection.execute(SQL["protect"], {"table": table})
