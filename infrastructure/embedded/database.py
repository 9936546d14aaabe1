"""A database of a server that we administer."""

import psycopg
from psycopg import sql


def ensure(admin_url: str, name: str) -> None:
    """Create the database, unless it is there."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
