"""What the search index was before passages had a range goes with the migration; copies stay."""

from importlib import resources
from pathlib import Path

import psycopg

from tests.servers import Database

MIGRATIONS = Path(str(resources.files("infrastructure.event_log") / "migrations"))
STATEMENTS = (MIGRATIONS / "0016_chunk_index_v2.sql").read_text(encoding="utf-8")


def test_the_tables_of_the_earlier_index_go_and_copies_of_it_stay(database: Database) -> None:
    places = {"read": None, "read_g7": "standby", "march": "copy"}
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET LOCAL ROLE muniment_owner")
        for number, (schema, state) in enumerate(places.items(), start=6):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
            connection.execute(f"CREATE TABLE {schema}.chunks_v1 (tenant_id uuid)".encode())
            if state is not None:
                connection.execute(
                    "INSERT INTO read.generations"
                    " (generation, projection, version, schema_name, state, made_by, tables)"
                    " VALUES (%s, 'chunk_index', 1, %s, %s, 'test', '{chunks_v1}')",
                    [number, schema, state],
                )
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(STATEMENTS.encode())
    with psycopg.connect(database.admin_url) as connection:
        left = {
            schema: connection.execute(
                "SELECT to_regclass(%s) IS NOT NULL", [f"{schema}.chunks_v1"]
            ).fetchone()
            for schema in places
        }
        states = connection.execute(
            "SELECT schema_name, state FROM read.generations ORDER BY generation"
        ).fetchall()
    assert left == {"read": (False,), "read_g7": (False,), "march": (True,)}
    assert states == [("read_g7", "dropped"), ("march", "copy")]
