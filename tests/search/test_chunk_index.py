"""The index holds the passages of every document that is there, however it came to read them."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from domain.documents.events import DocumentRemoved, DocumentStageRetried
from domain.documents.stages import Stage
from domain.event import Event
from domain.ids import Position, StreamId, TenantId
from projections.documents import chunk_index
from projections.documents.chunk_index import ChunkIndex
from tests.search import library
from tests.search.conftest import Tell
from tests.search.library import Library
from tests.servers import Database

TEXTS = [
    "Invoices are kept for ten years.",
    "Die Rechnungen werden zehn Jahre lang aufbewahrt.",
    "A long report. " + "It says the same thing over and over again in other words. " * 60,
    "٣ فواتير محفوظة لمدة عشر سنوات",
]
LANGUAGES = ["en", "de", "en", "ar"]


def contents(database: Database, tenant_id: TenantId) -> dict[str, list[Any]]:
    """Every row of the index's tables, as the superuser sees them."""
    with psycopg.connect(database.admin_url, row_factory=dict_row) as connection:
        return {
            table: connection.execute(
                # One of three names above, no input.
                f"SELECT * FROM read.{table} WHERE tenant_id = %s ORDER BY 2, 3",  # noqa: S608
                [tenant_id],
            ).fetchall()
            for table in ChunkIndex.tables
        }


def test_spans_and_texts_are_those_of_the_document(tell: Tell, search_database: Database) -> None:
    async def story(lib: Library) -> tuple[TenantId, dict[UUID, str]]:
        tenant = library.tenant()
        texts = {
            await lib.add(tenant, "T", text, language=language): text
            for text, language in zip(TEXTS, LANGUAGES, strict=True)
        }
        lib.catch_up(tenant)
        return tenant, texts

    tenant, texts = tell(story)
    rows = contents(search_database, tenant)["chunks_v2"]
    assert len(rows) > len(TEXTS)
    assert {row["document_id"] for row in rows} == texts.keys()
    for row in rows:
        assert texts[row["document_id"]][row["span_start"] : row["span_end"]] == row["text"]


STEPS = st.lists(
    st.tuples(st.integers(0, len(TEXTS) - 1), st.sampled_from(["next", "rest", "end"])),
    max_size=25,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, batch_events=st.integers(1, 6), pauses=st.sets(st.integers(0, 25)))
def test_any_cut_into_batches_gives_the_same_rows(
    search_database: Database,
    tmp_path: Path,
    steps: list[tuple[int, str]],
    batch_events: int,
    pauses: set[int],
) -> None:
    """Two tenants with the same history: one read in pieces as it grows, one at once."""

    async def story(lib: Library) -> list[TenantId]:
        tenants = [library.tenant(), library.tenant()]
        lives = [await to_come(lib, tenant) for tenant in tenants]
        streams = [StreamId(uuid4()) for _ in TEXTS]
        for place, (number, what) in enumerate(steps):
            for tenant, life in zip(tenants, lives, strict=True):
                begun = len(life[number]) < GROUPS
                if what == "end" and begun and life[number]:
                    life[number] = [[DocumentRemoved()]]
                for _ in range(len(life[number]) if what == "rest" else min(1, len(life[number]))):
                    await lib.record(tenant, streams[number], life[number].pop(0))
            if place in pauses:
                lib.catch_up(tenants[0], batch_events=batch_events)
        lib.catch_up(tenants[0], batch_events=batch_events)
        lib.catch_up(tenants[1])
        return tenants

    pieces, whole = library.tell(search_database.app_url, tmp_path, story)
    assert without_tenant(contents(search_database, pieces)) == without_tenant(
        contents(search_database, whole)
    )


GROUPS = 6


async def to_come(lib: Library, tenant_id: TenantId) -> list[list[list[Event]]]:
    """For each text the events of a document, in the groups in which they are recorded."""
    return [
        [
            *await lib.history(tenant_id, text, text, language=language),
            [DocumentStageRetried(stage=Stage.GRAPH)],
        ]
        for text, language in zip(TEXTS, LANGUAGES, strict=True)
    ]


def without_tenant(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        table: [{name: value for name, value in row.items() if name != "tenant_id"} for row in rows]
        for table, rows in tables.items()
    }


def test_a_rebuild_from_log_and_blobs_alone_gives_the_same_rows(
    tell: Tell, search_database: Database
) -> None:
    async def story(lib: Library) -> TenantId:
        tenant = library.tenant()
        for text, language in zip(TEXTS, LANGUAGES, strict=True):
            await lib.add(tenant, "T", text, language=language)
        lib.catch_up(tenant)
        return tenant

    tenant = tell(story)
    before = contents(search_database, tenant)
    with psycopg.connect(search_database.admin_url, autocommit=True) as connection:
        read_tables = [f"read.{table}" for table in (*ChunkIndex.tables, "checkpoints")]
        for table in (*read_tables, "work.embeddings"):
            emptied = connection.execute(
                # Names of tables, no input.
                f"DELETE FROM {table} WHERE tenant_id = %s",  # noqa: S608
                [tenant],
            )
            assert emptied.rowcount

    async def again(lib: Library) -> None:
        lib.catch_up(tenant)

    tell(again)
    assert contents(search_database, tenant) == before


def test_a_removed_document_is_found_until_its_removal_alone(
    tell: Tell, search_database: Database
) -> None:
    async def story(lib: Library) -> tuple[TenantId, dict[UUID, int]]:
        tenant = library.tenant()
        removed = await lib.add(tenant, "Invoices", TEXTS[0])
        kept = await lib.add(tenant, "Copy", TEXTS[0])
        lib.catch_up(tenant)
        await lib.remove(tenant, removed)
        lib.catch_up(tenant)
        for mode in ("hybrid", "lexical", "vector"):
            found = await lib.search(tenant, "invoices", mode=mode)
            assert [each.document_id for each in found] == [kept]
        return tenant, {removed: 11, kept: chunk_index.NEVER}

    tenant, until = tell(story)
    tables = contents(search_database, tenant)
    for table, column in (
        ("chunk_documents_v2", "removed_at"),
        ("chunk_vectors_v2", "found_until"),
    ):
        assert {row["document_id"]: row[column] for row in tables[table]} == until


def test_a_removal_needs_no_blobs(tell: Tell, tmp_path: Path) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        removed = await lib.add(tenant, "Invoices", TEXTS[0])
        lib.catch_up(tenant)
        (tmp_path / str(tenant)).rename(tmp_path / "away")
        await lib.remove(tenant, removed)
        lib.catch_up(tenant)
        assert await lib.search(tenant, "invoices") == []
        assert await lib.search(tenant, "invoices", as_of=Position(5))

    tell(story)


def test_lost_blobs_of_what_was_removed_park_nothing(tell: Tell, tmp_path: Path) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        await lib.remove(tenant, await lib.add(tenant, "Invoices", TEXTS[0]))
        for blob in (tmp_path / str(tenant)).rglob("*"):
            if blob.is_file():
                blob.unlink()
        kept = await lib.add(tenant, "Copy", TEXTS[1], language="de")
        lib.catch_up(tenant)
        assert [each.document_id for each in await lib.search(tenant, "Rechnungen")] == [kept]
        assert await lib.search(tenant, "invoices", as_of=Position(5)) == []
        with lib.batch_database.transaction(tenant) as connection:
            parked = connection.execute("SELECT count(*) FROM read.parked_streams").fetchone()
        assert parked == (0,)

    tell(story)
