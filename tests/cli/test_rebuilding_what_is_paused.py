"""A rebuild and a comparison leave what an administrator paused where it stands."""

from typing import Any

import psycopg
import pytest

from domain.ids import TenantId
from projections.engine.rebuild import Rebuild
from projections.engine.registry import NotPossible
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database

STOOD = 5
HEAD = 8


@pytest.fixture
def tenant(database: Database) -> TenantId:
    """Its list of documents is paused, and the log has gone on."""
    found = logs.tenant()
    grow(database, found, STOOD)
    done = muniment(database, "projections", "pause", "document_list", "--tenant", str(found))
    assert done.exit_code == 0, done.output
    grow(database, found, HEAD - STOOD)
    assert positions(database, found) == [(0, STOOD)]
    return found


def grow(database: Database, tenant: TenantId, count: int) -> None:
    steps = [(logs.stream(), [histories.ADDED]) for _ in range(count)]
    histories.write(database.app_url, tenant, steps)
    histories.run(database.app_url, tenant)


def positions(database: Database, tenant: TenantId) -> list[Any]:
    """By generation."""
    return execute(
        database,
        "SELECT generation, position FROM read.checkpoints"  # noqa: S608 - no input
        f" WHERE projection = 'document_list' AND tenant_id = '{tenant}' ORDER BY generation",
    )


def execute(database: Database, statement: str) -> list[Any]:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("command", ["diff", "rebuild"])
def test_what_is_paused_is_compared_where_it_stands(
    database: Database, tenant: TenantId, command: str
) -> None:
    same = muniment(database, "projections", command, "document_list", "document_status")
    assert (same.exit_code, "document_list: as the log says" in same.stdout) == (0, True)
    execute(database, "UPDATE read.documents_v1 SET title = 'Planted' WHERE position = 3")
    other = muniment(database, "projections", command, "document_list")
    assert f"document_list of tenant {tenant} at position {STOOD}" in other.stdout
    assert {position for _, position in positions(database, tenant)} == {STOOD}
    resumed = muniment(database, "projections", "resume", "document_list", "--tenant", str(tenant))
    assert resumed.exit_code == 0
    histories.run(database.app_url, tenant)
    assert {position for _, position in positions(database, tenant)} == {HEAD}


def test_what_was_paused_behind_a_new_generation_is_not_brought_up_to_it(
    database: Database, tenant: TenantId
) -> None:
    execute(database, "DELETE FROM read.pauses")
    chosen = [each for each in rebuilding.read_models() if each.name == "document_list"]
    with rebuilding.batches(database.app_url) as batches:
        run = Rebuild(batches, rebuilding.alone(batches, chosen), by="a test")
        built = run.begin(chosen, None)
        run.fill(built, None, lambda _count: None)
        execute(database, f"SELECT read.pause('document_list', '{tenant}', 'a test')")
        with pytest.raises(NotPossible, match=f"at position {STOOD}, .* read on to {HEAD}: resume"):
            run.compare(built, chosen, None, lambda _count: None)
    (number,) = (each.generation for each in built.targets)
    assert positions(database, tenant) == [(0, STOOD), (number, HEAD)]


def test_lost_tables_of_what_is_paused_come_back_as_they_stood(
    database: Database, tenant: TenantId
) -> None:
    before = rebuilding.contents(database.admin_url, "read", tenant)["documents_v1"]
    execute(database, "DROP TABLE read.documents_v1")
    assert muniment(database, "replay", "--projection", "document_list", "--yes").exit_code == 0
    assert [position for _, position in positions(database, tenant)] == [STOOD]
    ((schema,),) = execute(
        database, "SELECT schema_name FROM read.generations WHERE state = 'live'"
    )
    assert rebuilding.contents(database.admin_url, schema, tenant)["documents_v1"] == before
