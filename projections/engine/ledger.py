"""What keeps account of all read models: the tables, sequences and functions of the schema `read`.

Checkpoints, generations, pauses and the like are no read model themselves. Lost, they are made
again by what the migrations say. Where it is not known any more how far a read model is or which
generation answers, all of them are filled anew from the log.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import scalar_row

from infrastructure.database import Database
from infrastructure.event_log import migrate, schema_definition
from infrastructure.event_log.migrate import MIGRATION_LOCK
from infrastructure.sql import Queries
from projections.engine import generations, reading, refill, rulings
from projections.engine.registry import AnyProjection, NotPossible

SQL = Queries(__package__, "ledger.sql")

SCHEMA = "read"
ACCOUNTS = {"read.checkpoints", "read.parked_streams", "read.generations", "read.serving"}
"""Without one of them, nothing that the read models hold can be relied on."""
BY = "replay"
"""In whose name all are held while they are filled anew."""
FILLING = "read_filling"
"""Where their tables are meanwhile."""
NAMED_MAX = 3


class LedgerLost(NotPossible):
    """What keeps account of the read models is gone, in part or whole."""

    def __init__(self, names: Sequence[str]) -> None:
        more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
        named = ", ".join(names[:NAMED_MAX])
        super().__init__(
            f"what keeps account of the read models is lost ({named}{more}): "
            "`muniment replay --yes` makes it again from the migrations and the log"
        )


class NotUpToDate(NotPossible):
    """The database is not up to date: run `muniment migrate`."""

    def __init__(self) -> None:
        super().__init__("the database is not up to date: run `muniment migrate`")


@cache
def objects() -> list[str]:
    """What has to be there, by name."""
    return schema_definition.objects(SCHEMA)


def lost(connection: Connection[Any]) -> list[str]:
    """What of it is not there."""
    cursor = connection.cursor(row_factory=scalar_row)
    return cursor.execute(SQL["lost"], {"objects": objects()}).fetchall()


def is_kept_beside_a_log(connection: Connection[Any]) -> bool:
    """Whether there is a log at all; an empty database has lost nothing."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(cursor.execute(SQL["log_exists"]).fetchone())


async def lost_now(database: Database) -> list[str]:
    """The same for those who work asynchronously."""
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute(SQL["lost"], {"objects": objects()})
        return await cursor.fetchall()


def check(connection: Connection[Any]) -> None:
    """Nothing, where all is there.

    Raises:
        LedgerLost, NotUpToDate: something is not.
    """
    if names := lost(connection):
        raise complaint(names)


def complaint(names: Sequence[str]) -> LedgerLost | NotUpToDate:
    """What it means that these are not there, for whoever can't read which migrations were applied.

    Where just the last ones are not, the migrations that make them may not have been; migrating
    tells.
    """
    if names == objects()[-len(names) :] != objects():
        return NotUpToDate()
    return LedgerLost(names)


def is_unfinished(connection: Connection[Any]) -> bool:
    """Whether somebody began to fill all read models anew and didn't come to the end."""
    cursor = connection.cursor(row_factory=scalar_row)
    return bool(cursor.execute(SQL["unfinished"], {"by": BY}).fetchone())


def make_again(admin_url: str, projections: Sequence[AnyProjection]) -> bool:
    """Make what is lost; whether every projection has to be filled anew, from the first event.

    Then their tables are empty in `FILLING`, so that nobody reads half of them, and nobody takes in
    anything until they are put in place. What administrators have ruled is in force from the commit
    on.

    Args:
        admin_url: a role that may act as `muniment_owner`.

    Raises:
        NotUpToDate: nothing is made in advance of the migrations.
    """
    if migrate.missing(admin_url):
        raise NotUpToDate
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        connection.execute("SET LOCAL ROLE muniment_owner")
        gone = lost(connection)
        _run_migrations(connection, gone)
        anew = bool(ACCOUNTS & set(gone))
        if anew:
            _begin_anew(connection, projections)
        connection.execute(SQL["number_on"])
        rulings.bring_into_force(connection)
        return anew


def put_in_place(admin_url: str, projections: Sequence[AnyProjection]) -> None:
    """What was filled anew answers, and everybody follows the log again, from one moment on."""
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SET LOCAL ROLE muniment_owner")
        for projection in projections:
            for table in projection.tables:
                filled, schema = sql.Identifier(FILLING, table), sql.Identifier(SCHEMA)
                move = sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(filled, schema)
                connection.execute(move)
        connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(FILLING)))
        connection.execute(SQL["let_go"], {"by": BY})


def _run_migrations(connection: Connection[Any], gone: Collection[str]) -> None:
    """Functions are all made again: they hold nothing, and may have gone with a table."""
    cursor = connection.cursor(row_factory=scalar_row)
    kept = set(objects()) - set(gone)
    if cursor.execute(SQL["schema_exists"]).fetchone():
        kept.add(SCHEMA)
    for function in cursor.execute(SQL["functions"]).fetchall():
        connection.execute(f"DROP FUNCTION {function} CASCADE".encode())
    for statement in schema_definition.statements(SCHEMA):
        if statement.subject not in kept:
            connection.execute(statement.text.encode())


def _begin_anew(connection: Connection[Any], projections: Sequence[AnyProjection]) -> None:
    cursor = connection.cursor(row_factory=scalar_row)
    for query in ("checkpoints", "parked", "serving", "generations"):
        connection.execute(SQL[f"forget_{query}"])
    for schema in cursor.execute(SQL["generation_schemas"]).fetchall():
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    filling = sql.Identifier(FILLING)
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(filling))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(filling))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO muniment_app").format(filling))
    generations.enter(connection, FILLING)
    for projection in projections:
        for table in projection.tables:
            lost_too = sql.Identifier(SCHEMA, table)
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(lost_too))
        connection.execute(projection.queries["create"])
        for table in projection.tables:
            connection.execute(SQL["protect"], {"table": f"{FILLING}.{table}"})
    names = reading.names((each.name, each.version) for each in projections)
    connection.execute(refill.SQL["hold"], {"by": BY, **names})
