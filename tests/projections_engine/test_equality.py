"""Whatever the history and however it is cut into batches, the read models are the same."""

import contextlib
from collections.abc import Callable, Sequence
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import Event
from domain.ids import StreamId
from infrastructure.event_log.store import PostgresEventStore
from projections.engine import fill
from projections.engine.rebuild import Rebuild
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database

DOCUMENTS = 3

STEPS = st.lists(
    st.tuples(
        st.integers(0, DOCUMENTS - 1),
        st.lists(st.sampled_from(histories.NEXT), min_size=1, max_size=4),
    ),
    max_size=12,
)


def history(steps: Sequence[tuple[int, list[Event]]]) -> list[tuple[StreamId, Sequence[Event]]]:
    streams = [logs.stream() for _ in range(DOCUMENTS)]
    begun: list[tuple[StreamId, Sequence[Event]]] = [
        (stream, [histories.ADDED]) for stream in streams
    ]
    begun.append((logs.stream(), [histories.CREATED]))
    return begun + [(streams[number], events) for number, events in steps]


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS, batch_events=st.integers(1, 7))
def test_live_equals_rebuilt_in_any_batch_size(
    database: Database, steps: list[tuple[int, list[Event]]], batch_events: int
) -> None:
    tenant = logs.tenant()
    whole = history(steps)
    half = len(whole) // 2
    histories.write(database.app_url, tenant, whole[:half])
    histories.run(database.app_url, tenant)
    # The second half goes on where the first ended; versions are counted anew by `write`.
    seen: dict[StreamId, int] = {}
    for stream, events in whole[:half]:
        seen[stream] = seen.get(stream, 0) + len(events)

    async def rest(store: PostgresEventStore) -> None:
        for stream, events in whole[half:]:
            expected = seen.get(stream, 0)
            await store.append(tenant, logs.command(stream, expected, events=events))
            seen[stream] = expected + len(events)

    logs.with_store(database.app_url, rest)
    histories.run(database.app_url, tenant)
    live = histories.contents(database.admin_url, tenant)
    histories.forget(database.admin_url, tenant)
    histories.run(database.app_url, tenant, batch_events=batch_events)
    assert histories.contents(database.admin_url, tenant) == live
    assert live["read.knowledge_bases_v1"]


@pytest.mark.parametrize("batch_events", [1, 500])
def test_running_again_changes_nothing(database: Database, batch_events: int) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, tenant, batch_events=batch_events)
    once = histories.contents(database.admin_url, tenant)
    histories.run(database.app_url, tenant, batch_events=batch_events)
    assert histories.contents(database.admin_url, tenant) == once
    assert len(once["work.jobs"]) == 1


class Cut(Exception):  # noqa: N818 - it stands for whatever ends a process
    """A rebuild ends in the middle."""


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=STEPS,
    read_events=st.integers(1, 7),
    rows_in_memory=st.integers(1, 4),
    cuts=st.lists(st.integers(0, 9), max_size=4),
)
def test_live_equals_a_generation_however_it_was_filled_and_interrupted(
    database: Database,
    steps: list[tuple[int, list[Event]]],
    read_events: int,
    rows_in_memory: int,
    cuts: list[int],
) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, history(steps))
    histories.run(database.app_url, tenant)
    chosen = rebuilding.read_models()
    with (
        mock.patch.object(fill, "READ_EVENTS", read_events),
        mock.patch.object(fill, "ROWS_IN_MEMORY", rows_in_memory),
        rebuilding.batches(database.app_url) as batches,
    ):
        run = Rebuild(batches, rebuilding.alone(batches, chosen), by="a test")
        for cut in cuts:
            with contextlib.suppress(Cut):
                run.fill(run.begin(chosen, tenant), tenant, cutting(cut))
        built = rebuilding.rebuild(batches, chosen, tenant)
    assert not built.differing
    rebuilding.same_rows(database.admin_url, built, tenant)


def cutting(after: int) -> Callable[[int], None]:
    """Ends a rebuild after so many reads of the log."""
    left = [after]

    def passed(_events: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Cut

    return passed
