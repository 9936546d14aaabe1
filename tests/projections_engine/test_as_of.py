"""Whatever the history, what is read as of a position is what was read when the log ended there."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import Event
from domain.ids import Position, StreamId, TenantId
from infrastructure.database import Database as Reader
from infrastructure.event_log.store import PostgresEventStore
from projections.documents import document_list, document_status, knowledge_base_list
from projections.documents.document_lifetimes import DocumentLifetimes
from projections.engine import past
from projections.engine.past import Past, TooMuchHistory
from tests.event_log import logs
from tests.projections_engine import histories
from tests.servers import Database
from tests.vaults import VAULT

Result = TypeVar("Result")

DOCUMENTS = 3
BASE = uuid4()

LIVES = st.lists(
    st.tuples(st.integers(0, DOCUMENTS - 1), st.sampled_from(histories.NEXT[:-1])), max_size=14
)
REMOVALS = st.dictionaries(st.integers(0, DOCUMENTS - 1), st.integers(0, 14))


def grown(
    lives: Sequence[tuple[int, Event]], removals: dict[int, int]
) -> list[tuple[StreamId, Event]]:
    """Documents added one by one between the events of others; some end with a removal."""
    streams = [logs.stream() for _ in range(DOCUMENTS)]
    added: set[int] = set()
    gone: set[int] = set()
    steps: list[tuple[StreamId, Event]] = []
    for place, (number, event) in enumerate(lives):
        for ending, at in removals.items():
            if at == place and ending in added - gone:
                steps.append((streams[ending], histories.NEXT[-1]))
                gone.add(ending)
        if number not in added:
            base = BASE if number else None
            begun = msgspec.structs.replace(histories.ADDED, knowledge_base_id=base)
            steps += [(streams[number], begun), (logs.stream(), histories.CREATED)]
            added.add(number)
        if number not in gone:
            steps.append((streams[number], event))
    return steps


async def live(reader: Reader, tenant: TenantId, streams: Sequence[StreamId]) -> list[Any]:
    """What every question about documents and knowledge bases is answered with now."""
    everything: dict[str, Any] = {"before": 2**62, "limit": 50}
    bases = await knowledge_base_list.page(reader, tenant, **everything)
    return [
        await document_list.page(reader, tenant, **everything),
        await document_list.page(reader, tenant, **everything, knowledge_base_id=BASE),
        await document_list.page(reader, tenant, before=3, limit=1),
        bases,
        [await document_list.one(reader, tenant, stream) for stream in streams],
        [await document_status.one(reader, tenant, stream) for stream in streams],
        [await knowledge_base_list.one(reader, tenant, stream) for stream in streams],
    ]


async def as_of(
    reader: Reader, tenant: TenantId, streams: Sequence[StreamId], position: int
) -> list[Any]:
    """The same questions, as of a position."""
    at, then = Position(position), Past(reader, VAULT)
    everything: dict[str, Any] = {"before": 2**62, "limit": 50, "as_of": at}
    return [
        await document_list.page_as_of(reader, then, tenant, **everything),
        await document_list.page_as_of(reader, then, tenant, **everything, knowledge_base_id=BASE),
        await document_list.page_as_of(reader, then, tenant, before=3, limit=1, as_of=at),
        await knowledge_base_list.page_as_of(reader, then, tenant, **everything),
        [await document_list.one_as_of(then, tenant, stream, at) for stream in streams],
        [await document_status.one_as_of(then, tenant, stream, at) for stream in streams],
        [await knowledge_base_list.one_as_of(then, tenant, stream, at) for stream in streams],
    ]


def read(database: Database, question: Callable[[Reader], Any]) -> Any:
    async def asked() -> Any:
        reader = Reader(database.app_url)
        await reader.open()
        try:
            return await question(reader)
        finally:
            await reader.close()

    return asyncio.run(asked())


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lives=LIVES, removals=REMOVALS)
def test_as_of_a_position_is_what_was_live_when_the_log_ended_there(
    database: Database, lives: list[tuple[int, Event]], removals: dict[int, int]
) -> None:
    tenant = logs.tenant()
    steps = grown(lives, removals)
    streams = list({stream: None for stream, _ in steps})
    projections = [*histories.every(), DocumentLifetimes()]
    versions: dict[StreamId, int] = {}
    seen: list[list[Any]] = [read(database, lambda reader: live(reader, tenant, streams))]
    for stream, event in steps:

        async def record(
            store: PostgresEventStore, stream: StreamId = stream, event: Event = event
        ) -> None:
            expected = versions.get(stream, 0)
            await store.append(tenant, logs.command(stream, expected, events=[event]))
            versions[stream] = expected + 1

        logs.with_store(database.app_url, record)
        histories.run(database.app_url, tenant, projections)
        seen.append(read(database, lambda reader: live(reader, tenant, streams)))

    async def past_of_it(reader: Reader) -> list[Any]:
        return [await as_of(reader, tenant, streams, at) for at in range(len(seen))]

    assert read(database, past_of_it) == seen


def test_what_a_projection_skips_is_left_out_of_its_past(database: Database) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    histories.write(database.app_url, tenant, [(stream, [histories.ADDED, *histories.NEXT[:2]])])

    async def ingested(reader: Reader) -> str | None:
        found = await document_list.one_as_of(Past(reader, VAULT), tenant, stream, Position(3))
        assert found is not None
        return found.text_sha256

    assert read(database, ingested) == "cd" * 32
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "INSERT INTO read.skipped_events (tenant_id, projection, position, dead_letter_id)"
            " VALUES (%s, 'document_list', 3, %s)",
            [tenant, uuid4()],
        )
    assert read(database, ingested) is None


def test_more_history_than_one_answer_folds_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    histories.write(database.app_url, tenant, [(stream, [histories.ADDED, *histories.NEXT[:2]])])
    monkeypatch.setattr(past, "EVENTS_MAX", 2)

    async def one(reader: Reader, position: int) -> object:
        at = Position(position)
        return await document_list.one_as_of(Past(reader, VAULT), tenant, stream, at)

    assert read(database, lambda reader: one(reader, 2))
    with pytest.raises(TooMuchHistory):
        read(database, lambda reader: one(reader, 3))
