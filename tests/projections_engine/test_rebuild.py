"""A rebuild makes of the log what the live read model made of it, beside it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from application.recorded import RecordedEvent
from domain.documents.events import DocumentAdded
from domain.ids import StreamId, TenantId
from projections.documents.document_list import DocumentList, DocumentRow
from projections.documents.pipeline_jobs import PipelineJobs
from projections.engine import fill, generations
from projections.engine.projection import on
from projections.engine.reading import LogNotContiguous
from projections.engine.rebuild import Rebuild
from projections.engine.registry import NotPossible, Registry
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database


@pytest.fixture
def tenants(database: Database) -> list[TenantId]:
    """Three tenants with seven documents each, at every stage of their lives, and a base."""
    found = [logs.tenant() for _ in range(3)]
    for tenant in found:
        steps: list[tuple[StreamId, Sequence[Any]]] = [
            (logs.stream(), [histories.ADDED, *histories.NEXT[:number]]) for number in range(7)
        ]
        histories.write(database.app_url, tenant, [*steps, (logs.stream(), [histories.CREATED])])
        histories.run(database.app_url, tenant)
    return found


def execute(database: Database, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else [cursor.rowcount]


def test_a_rebuilt_generation_holds_the_same_rows_under_the_same_indexes(
    database: Database, tenants: list[TenantId]
) -> None:
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches)
    assert (built.differing, built.events, built.resumed) == ([], 3 * (7 + 21 + 1), False)
    for tenant in tenants:
        rebuilding.same_rows(database.admin_url, built, tenant)
    found = execute(
        database,
        "SELECT replace(indexdef, schemaname, '') FROM pg_indexes WHERE tablename = 'documents_v1'",
    )
    assert len(found) == 2 * len(set(found)) == 6


def test_a_generation_is_finished_also_while_autovacuum_is_at_its_tables(
    database: Database, tenants: list[TenantId]
) -> None:
    chosen = rebuilding.read_models()
    with rebuilding.batches(database.app_url) as batches:
        run = Rebuild(batches, rebuilding.alone(batches, chosen), by="a test")
        built = run.begin(chosen, None)
        run.fill(built, None, lambda _count: None)
        where = sql.Identifier(generations.schema(built.targets[0].generation), chosen[0].tables[0])
        with ThreadPoolExecutor(1) as pool, psycopg.connect(database.admin_url) as vacuum:
            vacuum.execute(sql.SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE").format(where))
            finished = pool.submit(run.finish, built, chosen)
            with pytest.raises(TimeoutError):
                finished.result(timeout=2)
            vacuum.rollback()
            finished.result(timeout=30)
        run.compare(built, chosen, None, lambda _count: None)
    assert (built.differing, built.tenants) == ([], len(tenants))


def test_a_generation_is_under_the_same_protection(
    database: Database, tenants: list[TenantId]
) -> None:
    with rebuilding.batches(database.app_url) as batches:
        rebuilding.rebuild(batches)
        for schema in ("read_g1", "read_g2", "read_g3"):
            for table in rebuilding.contents(database.admin_url, schema, tenants[0]):
                with batches.transaction(logs.tenant()) as connection:
                    count = f"SELECT count(*) FROM {schema}.{table}"  # noqa: S608 - names, no input
                    assert connection.execute(count.encode()).fetchone() == (0,)
    unforced = execute(
        database,
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname LIKE 'read_g%%' AND c.relkind = 'r'"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    assert unforced == []


@pytest.mark.parametrize(
    ("damage", "kind", "columns"),
    [
        ("UPDATE read.documents_v1 SET title = 'Planted' WHERE id = %s", "different", ["title"]),
        ("DELETE FROM read.documents_v1 WHERE id = %s", "missing", []),
        (
            "INSERT INTO read.documents_v1 SELECT tenant_id, gen_random_uuid(), title, NULL, NULL,"
            " 'x', 1, 'y', NULL, NULL, 1, 999, now(), now() FROM read.documents_v1 WHERE id = %s",
            "surplus",
            [],
        ),
    ],
)
def test_a_planted_row_is_found_by_its_key_and_columns_and_not_by_its_values(
    database: Database, tenants: list[TenantId], damage: str, kind: str, columns: list[str]
) -> None:
    (document,) = execute(
        database, "SELECT id FROM read.documents_v1 WHERE tenant_id = %s LIMIT 1", [tenants[1]]
    )[0]
    assert execute(database, damage, [document]) == [1]
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches)
        registry = Registry(batches)
        with pytest.raises(NotPossible, match="differs from the live one in 1 rows"):
            rebuilding.switch(batches, built)
        (found,) = built.differing
        assert (found.projection, found.tenant_id) == ("document_list", tenants[1])
        (sample,) = found.samples
        assert (sample.table, sample.kind, sample.columns) == ("documents_v1", kind, columns)
        assert kind == "surplus" or sample.key == [str(tenants[1]), str(document)]
        assert "Planted" not in repr(found)
        rebuilding.switch(batches, built, accept=True)
        assert registry.answers(DocumentList(), tenants[1]) == built.targets[0].generation
        assert not rebuilding.rebuild(batches).differing


class Sour(DocumentList):
    """Can't take a document of one name."""

    @on(DocumentAdded)
    def added(
        self, row: DocumentRow | None, event: DocumentAdded, recorded: RecordedEvent
    ) -> DocumentRow:
        if recorded.position == 7:
            raise ValueError("sour")
        return super().added(row, event, recorded)


def test_a_poison_event_ends_a_rebuild_with_its_tenant_and_position(
    database: Database, tenants: list[TenantId]
) -> None:
    with rebuilding.batches(database.app_url) as batches:
        with pytest.raises(fill.Poisoned) as caught:
            rebuilding.rebuild(batches, [Sour()], tenants[1])
        assert f"position 7 of tenant {tenants[1]}: ValueError" in str(caught.value)
        (left,) = Registry(batches).of(DocumentList, "building")
        assert rebuilding.contents(database.admin_url, left.schema_name, tenants[1]) == {
            "documents_v1": []
        }
        built = rebuilding.rebuild(batches, [DocumentList()], tenants[1])
        assert (built.resumed, built.targets[0].generation) == (True, left.generation)
        rebuilding.same_rows(database.admin_url, built, tenants[1])


def test_a_gap_in_the_log_ends_a_rebuild(database: Database, tenants: list[TenantId]) -> None:
    execute(database, "ALTER TABLE log.events DISABLE TRIGGER events_never_change")
    execute(database, "DELETE FROM log.events WHERE position = 5 AND tenant_id = %s", [tenants[2]])
    with (
        rebuilding.batches(database.app_url) as batches,
        pytest.raises(LogNotContiguous, match=f"{tenants[2]}: position 5 is missing"),
    ):
        rebuilding.rebuild(batches)


def test_a_cancelled_rebuild_leaves_nothing(database: Database, tenants: list[TenantId]) -> None:
    with rebuilding.batches(database.app_url) as batches:
        run = Rebuild(batches, rebuilding.alone(batches, [DocumentList()]), by="a test")
        built = run.begin([DocumentList()], None)
        run.fill(built, None, lambda _count: None)
        generation = built.targets[0].generation
        Registry(batches).drop(DocumentList(), generation)
        logs_grow(database, tenants[0])
        with pytest.raises(fill.Superseded):
            run.fill(built, None, lambda _count: None)
    schemas = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
    assert execute(database, schemas, [generations.schema(generation)]) == []
    for table in ("read.checkpoints", "read.parked_streams"):
        left = f"SELECT 1 FROM {table} WHERE generation > 0"  # noqa: S608 - names, no input
        assert execute(database, left) == []


def logs_grow(database: Database, tenant: UUID) -> None:
    histories.write(database.app_url, TenantId(tenant), [(logs.stream(), [histories.ADDED])])


def test_what_has_effects_is_not_rebuilt(database: Database) -> None:
    with (
        rebuilding.batches(database.app_url) as batches,
        pytest.raises(NotPossible, match="its effects are never brought about again"),
    ):
        rebuilding.rebuild(batches, [PipelineJobs()])


def test_jobs_are_not_asked_for_again(database: Database, tenants: list[TenantId]) -> None:
    before = execute(database, "SELECT * FROM work.jobs ORDER BY 1, 2")
    assert before
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches)
        rebuilding.switch(batches, built)
    histories.run(database.app_url, tenants[0])
    assert execute(database, "SELECT * FROM work.jobs ORDER BY 1, 2") == before


@pytest.mark.parametrize("rows_in_memory", [1, 3])
def test_rows_that_do_not_fit_into_memory_are_written_earlier(
    database: Database,
    tenants: list[TenantId],
    rows_in_memory: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fill, "ROWS_IN_MEMORY", rows_in_memory)
    monkeypatch.setattr(fill, "READ_EVENTS", 2)
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches)
    assert not built.differing
    for tenant in tenants:
        rebuilding.same_rows(database.admin_url, built, tenant)
