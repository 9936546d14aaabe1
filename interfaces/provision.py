"""Brings a database to where the processes can work with it."""

import contextlib

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from infrastructure import database_url
from infrastructure.event_log import migrate
from projections import catalogue
from projections.engine import ledger, tables
from projections.engine.ledger import LedgerLost

APP_ROLE = "muniment_app"


def migrate_database(admin_url: str, database: str, *, app_password: str) -> list[str]:
    """Bring a database up to date, make missing read tables, and set the application's password.

    Args:
        admin_url: a superuser, in any database of the cluster.
        database: the name of the database; created where it does not exist.

    Returns:
        The migrations applied and the tables made.

    Raises:
        LedgerLost: what keeps account of read models was lost after it was made.
    """
    _create_database(admin_url, database)
    url = database_url.derive(admin_url, database=database)
    done = migrate.migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        if lost := ledger.lost(connection):
            raise LedgerLost(lost)
    done += tables.create_missing(url, catalogue.PROJECTIONS)
    with psycopg.connect(url, autocommit=True) as connection:
        # A generation of a read model is a schema; rights on a database aren't restored with it.
        make_schemas = sql.SQL("GRANT CREATE ON DATABASE {} TO muniment_owner")
        connection.execute(make_schemas.format(sql.Identifier(database)))
        set_password = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
        connection.execute(set_password.format(sql.Identifier(APP_ROLE), sql.Literal(app_password)))
    return done


def _create_database(admin_url: str, database: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        if cursor.execute(exists, [database]).fetchone():
            return
        faster = (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
        with contextlib.suppress(*faster):  # another process made it
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
