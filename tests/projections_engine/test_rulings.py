"""What administrators have ruled comes back from the platform's log alone."""

from collections.abc import Sequence
from typing import Any

import psycopg

from domain.event import Event
from domain.ids import PLATFORM, TenantId
from domain.platform.events import DeadLetterSkipped, ProjectionPaused, ProjectionResumed
from infrastructure.event_log.store import PostgresEventStore
from projections.engine import rulings
from projections.engine.registry import EVERYONE
from projections.engine.rulings import Changed
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database

PAUSES = "SELECT projection, for_tenant FROM read.pauses ORDER BY 1, 2"
SKIPPED = "SELECT tenant_id, projection, position, dead_letter_id FROM read.skipped_events"


def on_record(database: Database, facts: Sequence[Event]) -> None:
    """Into the platform's log, each in a stream of its own."""

    async def body(store: PostgresEventStore) -> None:
        for fact in facts:
            await store.append(PLATFORM, logs.command(events=[fact]))

    logs.with_store(database.app_url, body)


def rows(database: Database, query: str) -> list[Any]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query.encode()).fetchall()


def execute(database: Database, statement: str) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(statement.encode())


def recovered(database: Database) -> Changed:
    with rebuilding.batches(database.app_url) as batches:
        told = rulings.compare(batches)
        changed = rulings.from_log(batches)
        assert told == changed
        assert rulings.compare(batches) == Changed()
    return changed


def test_pauses_are_those_of_the_log_with_who_paused_and_when(database: Database) -> None:
    tenant = logs.tenant()
    on_record(
        database,
        [
            ProjectionPaused(projection="document_list"),
            ProjectionPaused(projection="document_list", tenant_id=tenant),
            ProjectionPaused(projection="document_status"),
            ProjectionResumed(projection="document_status"),
            ProjectionPaused(projection="chunk_index", tenant_id=tenant),
            ProjectionResumed(projection="chunk_index"),
        ],
    )
    execute(database, f"SELECT read.pause('watchlist_list', '{tenant}', 'nobody on record')")
    assert recovered(database) == Changed(pauses=4)
    assert rows(database, PAUSES) == [
        ("chunk_index", tenant),
        ("document_list", EVERYONE),
        ("document_list", tenant),
    ]
    assert rows(database, "SELECT DISTINCT paused_by FROM read.pauses") == [("user:test",)]
    assert rows(
        database,
        "SELECT count(*) FROM read.pauses x JOIN log.events e ON e.recorded_at = x.paused_at"
        " WHERE e.type = 'projection.paused'",
    ) == [(3,)]


def skipping(tenant: TenantId, position: int, stream: Any) -> DeadLetterSkipped:
    return DeadLetterSkipped(
        dead_letter_id=logs.stream(),
        projection="document_list",
        tenant_id=tenant,
        stream_id=stream,
        position=position,
        reason="Beyond repair.",
    )


def test_a_skip_comes_back_where_its_event_still_is(database: Database) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    histories.write(database.app_url, tenant, [(stream, [histories.ADDED, *histories.NEXT[:2]])])
    holds = skipping(tenant, 2, stream)
    elsewhere = skipping(tenant, 3, logs.stream())
    beyond = skipping(tenant, 9, stream)
    on_record(database, [holds, elsewhere, beyond])
    assert recovered(database) == Changed(skipped=1)
    assert rows(database, SKIPPED) == [(tenant, "document_list", 2, holds.dead_letter_id)]


def test_without_any_ruling_there_is_nothing_to_recover(database: Database) -> None:
    assert recovered(database) == Changed()
