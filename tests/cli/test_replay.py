"""`muniment replay`: whatever becomes of the read models, the log brings them back."""

import json
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from domain.ids import TenantId
from projections import catalogue
from projections.engine.registry import NotPossible
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database

TABLES = [table for projection in catalogue.PROJECTIONS for table in projection.tables]
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%' ORDER BY 1"


@pytest.fixture
def tenant(database: Database) -> TenantId:
    found = logs.tenant()
    steps = [(logs.stream(), [histories.ADDED, *histories.NEXT[:number]]) for number in range(7)]
    histories.write(database.app_url, found, steps)
    histories.run(database.app_url, found)
    return found


def execute(database: Database, statement: str, parameters: Sequence[Any] | None = None) -> Any:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else None


def documents(database: Database, tenant: TenantId, schema: str) -> Any:
    return rebuilding.contents(database.admin_url, schema, tenant)["documents_v1"]


def test_lost_tables_are_recovered_by_one_command_and_nothing_happens_twice(
    database: Database, tenant: TenantId
) -> None:
    before = documents(database, tenant, "read")
    jobs = execute(database, "SELECT * FROM work.jobs ORDER BY 1, 2")
    for table in TABLES:
        execute(database, f"DROP TABLE read.{table} CASCADE")
    told = muniment(database, "replay", "--dry-run", "--json")
    assert told.exit_code == 1
    found = {each["projection"] for each in json.loads(told.stdout)["differing"]}
    assert {"document_list", "document_status", "knowledge_base_list"} <= found
    declined = muniment(database, "replay", answer="n\n")
    assert "documents_v1 is lost" in declined.output
    result = muniment(database, "replay", "--yes", "--json")
    assert result.exit_code == 0, result.output
    lost = json.loads(result.stdout)["lost"]
    assert sorted(table for tables in lost.values() for table in tables) == sorted(TABLES)
    ((schema,),) = execute(
        database,
        "SELECT schema_name FROM read.generations"
        " WHERE projection = 'document_list' AND state = 'live'",
    )
    assert documents(database, tenant, schema) == before
    assert execute(database, "SELECT * FROM work.jobs ORDER BY 1, 2") == jobs
    assert muniment(database, "replay", "--dry-run").exit_code == 0
    histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, tenant)
    assert len(documents(database, tenant, schema)) == len(before) + 1


def test_damaged_rows_are_repaired_and_intact_models_left_alone(
    database: Database, tenant: TenantId
) -> None:
    execute(database, "DELETE FROM read.documents_v1 WHERE position < 4")
    told = muniment(database, "replay", "--dry-run")
    assert (told.exit_code, "documents_v1" in told.stdout) == (1, True)
    result = muniment(database, "replay", "--yes", "--verify", "--json")
    assert result.exit_code == 0, result.output
    done = json.loads(result.stdout)
    assert done["repaired"] == {"document_list": 2}
    assert "document_status" in done["intact"]
    assert execute(database, "SELECT DISTINCT projection FROM read.serving") == [("document_list",)]
    assert len(documents(database, tenant, "read")) == 5


def test_a_damaged_log_is_not_replayed_when_it_is_to_be_verified(
    database: Database, tenant: TenantId
) -> None:
    execute(database, "ALTER TABLE log.events DISABLE TRIGGER events_never_change")
    execute(database, "UPDATE log.events SET actor = 'nobody' WHERE position = 2")
    execute(database, "DROP TABLE read.documents_v1")
    result = muniment(database, "replay", "--yes", "--verify")
    assert isinstance(result.exception, NotPossible)
    assert f"the log of {tenant} is not intact" in str(result.exception)
    assert execute(database, "SELECT * FROM read.generations") == []


def test_read_models_are_copied_as_they_were(database: Database, tenant: TenantId) -> None:
    half = logs.tenant()
    histories.write(database.app_url, half, [(logs.stream(), [histories.ADDED])])
    ((then,),) = execute(
        database,
        "SELECT recorded_at FROM log.events WHERE tenant_id = %s AND position = 4",
        [tenant],
    )
    for schema, arguments in (
        ("at_position", ("--tenant", str(tenant), "--until", "4")),
        ("at_time", ("--until", then.isoformat())),
    ):
        result = muniment(database, "replay", *arguments, "--into", schema, "--json")
        assert result.exit_code == 0, result.output
        copied = documents(database, tenant, schema)
        assert {row["position"] for row in copied} == {1, 2, 4}
        assert documents(database, half, schema) == []
        again = muniment(database, "replay", "--into", schema)
        assert isinstance(again.exception, NotPossible)
    grown = [(logs.stream(), [histories.ADDED])]
    histories.write(database.app_url, tenant, grown)
    histories.run(database.app_url, tenant)
    assert len(documents(database, tenant, "at_position")) == 3
    with (
        rebuilding.batches(database.app_url) as batches,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        batches.transaction(tenant) as connection,
    ):
        connection.execute("DELETE FROM at_position.documents_v1")
    number = json.loads(result.stdout)["generation"]
    gone = muniment(
        database,
        *("projections", "drop-generation", "document_list", "--generation", str(number), "--yes"),
    )
    assert gone.exit_code == 0, gone.output
    assert ("at_time",) not in execute(database, SCHEMAS)
    states = "SELECT DISTINCT state FROM read.generations WHERE generation = %s"
    assert execute(database, states, [number]) == [("dropped",)]


@pytest.mark.parametrize(
    "schema", ["read", "log", "work", "public", "pg_own", "read_g7", "Upper", "a b", 'x"; DROP', ""]
)
@pytest.mark.usefixtures("tenant")
def test_no_other_schema_is_written_to(database: Database, schema: str) -> None:
    before = execute(database, SCHEMAS)
    result = muniment(database, "replay", "--into", schema)
    assert isinstance(result.exception, NotPossible)
    assert execute(database, SCHEMAS) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--until", "5"),
        ("--until", "5", "--into", "x"),
        ("--until", "yesterday", "--into", "x"),
        ("--until", "2026-11-20T10:00:00", "--into", "x"),
        ("--dry-run", "--into", "x"),
        ("--json",),
        ("--projection", "nothing"),
        ("--tenant", "nobody"),
    ],
)
def test_wrong_usage_is_told(database: Database, arguments: tuple[str, ...]) -> None:
    assert muniment(database, "replay", *arguments).exit_code == 2
