"""Makes the tables of read models that are not there yet, under the log's protection."""

from collections.abc import Sequence

import psycopg
from psycopg.rows import scalar_row

from infrastructure.event_log.migrate import MIGRATION_LOCK
from projections.engine.projection import Projection
from projections.engine.reading import SQL


def create_missing(
    admin_url: str, projections: Sequence[Projection | type[Projection]]
) -> list[str]:
    """Create what is missing and return the names of the new tables.

    Args:
        admin_url: a role that may act as `muniment_owner`.
    """
    made: list[str] = []
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        connection.execute("SET LOCAL ROLE muniment_owner")
        connection.execute(SQL["in_read"])
        cursor = connection.cursor(row_factory=scalar_row)
        for projection in projections:
            missing = [
                table
                for table in projection.tables
                if not cursor.execute(SQL["table_exists"], {"table": table}).fetchone()
            ]
            if not missing:
                continue
            connection.execute(projection.queries["create"])
            for table in missing:
                connection.execute(SQL["protect"], {"table": table})
            made += missing
    return made
