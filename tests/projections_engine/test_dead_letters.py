"""A parked stream that is taken up again leaves what would be there had nothing ever failed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.platform.ports import DeadLetter
from domain.event import Event
from domain.ids import StreamId, TenantId
from domain.platform.operating import DeadLetterNotFound
from infrastructure.database import BatchDatabase
from projections.documents.document_list import DocumentList
from projections.documents.document_status import DocumentStatus
from projections.documents.knowledge_base_list import KnowledgeBaseList
from projections.documents.pipeline_jobs import PipelineJobs
from projections.engine import tables
from projections.engine.fill import Poisoned
from projections.engine.projection import Projection
from tests.event_log import logs
from tests.platform.test_dead_letters import damage
from tests.projections_engine import faulty, histories, rebuilding
from tests.projections_engine.faulty import BAD
from tests.servers import Database

KINDS: tuple[type[Projection], ...] = (
    PipelineJobs,
    DocumentList,
    DocumentStatus,
    KnowledgeBaseList,
)
MANY = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.sampled_from(histories.NEXT), min_size=1, max_size=3)),
    min_size=1,
    max_size=10,
)
POSITIONS = st.sets(st.integers(1, 20), min_size=1, max_size=4)


@pytest.fixture(autouse=True)
def healed() -> Iterator[None]:
    BAD.clear()
    yield
    BAD.clear()


@pytest.fixture
def batch(database: Database) -> Iterator[BatchDatabase]:
    with faulty.opened(database) as opened:
        yield opened


def history(steps: list[tuple[int, list[Event]]]) -> list[tuple[StreamId, list[Event]]]:
    streams = [logs.stream() for _ in range(3)]
    begun: list[tuple[StreamId, list[Event]]] = [(each, [histories.ADDED]) for each in streams]
    return begun + [(streams[number], events) for number, events in steps]


def of_tenant(database: Database, tenant: TenantId) -> list[DeadLetter]:
    return [letter for letter in faulty.letters(database) if letter.tenant_id == tenant]


@MANY
@given(steps=STEPS, bad=POSITIONS)
def test_after_every_retry_the_rows_are_those_of_a_replay_without_the_fault(
    database: Database, batch: BatchDatabase, steps: list[tuple[int, list[Event]]], bad: set[int]
) -> None:
    tenant = logs.tenant()
    whole = history(steps)
    histories.write(database.app_url, tenant, whole)
    projections = [faulty.faulty(kind) for kind in KINDS]
    BAD.update(bad)
    histories.run(database.app_url, tenant, projections)
    parked = of_tenant(database, tenant)
    for letter in parked:
        assert faulty.take_up(batch, projections, letter) == "parked_again"
    assert [each.attempts for each in of_tenant(database, tenant)] == [2] * len(parked)
    BAD.clear()
    for letter in of_tenant(database, tenant):
        assert faulty.take_up(batch, projections, letter) == "taken_in"
    assert of_tenant(database, tenant) == []
    mended = histories.contents(database.admin_url, tenant)
    histories.forget(database.admin_url, tenant)
    histories.run(database.app_url, tenant)
    assert histories.contents(database.admin_url, tenant) == mended


@MANY
@given(steps=STEPS, bad=POSITIONS)
def test_an_event_that_is_skipped_is_skipped_in_every_replay_too(
    database: Database, batch: BatchDatabase, steps: list[tuple[int, list[Event]]], bad: set[int]
) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, history(steps))
    projections = [faulty.faulty(kind) for kind in KINDS]
    BAD.update(bad)
    histories.run(database.app_url, tenant, projections)
    while found := of_tenant(database, tenant):
        for letter in found:
            faulty.take_up(batch, projections, letter, skip=True)
    skipped = histories.contents(database.admin_url, tenant)
    histories.forget(database.admin_url, tenant)
    histories.run(database.app_url, tenant, projections)  # the fault is still there
    assert of_tenant(database, tenant) == []
    assert histories.contents(database.admin_url, tenant) == skipped


def test_what_comes_after_a_retry_is_taken_in_as_ever(
    database: Database, batch: BatchDatabase
) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    projections = [faulty.faulty(DocumentStatus)]
    BAD.add(1)
    histories.write(database.app_url, tenant, [(stream, [histories.ADDED, histories.NEXT[0]])])
    histories.run(database.app_url, tenant, projections)
    BAD.clear()
    (letter,) = faulty.letters(database)
    assert (letter.position, letter.type, letter.failure) == (1, "document.added", "ValueError")
    assert faulty.take_up(batch, projections, letter) == "taken_in"
    row = histories.contents(database.admin_url, tenant)["read.document_status_v1"][0]
    assert (row["position"], row["overall"]) == (2, "PROCESSING")


def test_a_retry_that_comes_further_stays_parked_at_the_next_fault(
    database: Database, batch: BatchDatabase
) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    projections = [faulty.faulty(DocumentStatus)]
    BAD.update({1, 3})
    histories.write(database.app_url, tenant, [(stream, [histories.ADDED, *histories.NEXT[:3]])])
    histories.run(database.app_url, tenant, projections)
    BAD.discard(1)
    (before,) = faulty.letters(database)
    assert faulty.take_up(batch, projections, before) == "parked_again"
    (after,) = faulty.letters(database)
    assert (before.position, after.position) == (1, 3)
    assert (after.dead_letter_id, after.attempts) == (before.dead_letter_id, 2)
    with pytest.raises(DeadLetterNotFound):  # the event that it names was taken in meanwhile
        faulty.take_up(batch, projections, before, skip=True)
    row = histories.contents(database.admin_url, tenant)["read.document_status_v1"][0]
    assert row["position"] == 2


def test_of_16_retries_at_once_one_takes_it_in(database: Database, batch: BatchDatabase) -> None:
    tenant = logs.tenant()
    projections = [faulty.faulty(DocumentList)]
    BAD.add(1)
    histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, tenant, projections)
    BAD.clear()
    (letter,) = faulty.letters(database)

    def once(_: int) -> bool:
        try:
            return faulty.take_up(batch, projections, letter) == "taken_in"
        except DeadLetterNotFound:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(once, range(16))) == [False] * 15 + [True]
    assert len(histories.contents(database.admin_url, tenant)["read.documents_v1"]) == 1


def positions(database: Database, tenant: UUID) -> list[list[int]]:
    with psycopg.connect(database.admin_url) as connection:
        found = connection.execute(
            "SELECT positions FROM read.tallies_v1 WHERE tenant_id = %s ORDER BY id", [tenant]
        )
        return [row[0] for row in found]


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_a_row_in_which_streams_meet_is_made_anew_in_the_order_of_the_log(
    database: Database, batch: BatchDatabase, bad: int
) -> None:
    tables.create_missing(database.admin_url, [faulty.Tally])
    assert not faulty.Tally.by_stream
    tenant = logs.tenant()
    steps = [(logs.stream(), [logs.event(name)]) for name in ("one", "one", "one", "two")]
    histories.write(database.app_url, tenant, steps)
    projections = [faulty.faulty(faulty.Tally)]
    BAD.add(bad)
    histories.run(database.app_url, tenant, projections)
    assert sorted(positions(database, tenant)) != [[1, 2, 3], [4]]
    BAD.clear()
    (letter,) = faulty.letters(database)
    assert faulty.take_up(batch, projections, letter) == "taken_in"
    assert sorted(positions(database, tenant)) == [[1, 2, 3], [4]]


def test_made_anew_a_tenant_leaves_others_and_parks_what_fails_besides(
    database: Database, batch: BatchDatabase
) -> None:
    tables.create_missing(database.admin_url, [faulty.Tally])
    tenant, other = logs.tenant(), logs.tenant()
    for each in (tenant, other):
        steps = [(logs.stream(), [logs.event("one")]) for _ in range(3)]
        histories.write(database.app_url, each, steps)
    projections = [faulty.faulty(faulty.Tally)]
    histories.run(database.app_url, other, projections)
    BAD.add(1)
    histories.run(database.app_url, tenant, projections)
    BAD.clear()
    BAD.add(3)
    (letter,) = faulty.letters(database)
    assert faulty.take_up(batch, projections, letter) == "taken_in"
    assert positions(database, tenant) == [[1, 2]]
    assert positions(database, other) == [[1, 2, 3]]
    (left,) = faulty.letters(database)
    assert (left.position, left.attempts) == (3, 1)
    assert left.dead_letter_id != letter.dead_letter_id


def test_a_rebuild_passes_over_what_was_skipped(database: Database, batch: BatchDatabase) -> None:
    tenant = logs.tenant()
    steps = [(logs.stream(), [histories.ADDED, histories.NEXT[0]]) for _ in range(3)]
    histories.write(database.app_url, tenant, steps)
    BAD.add(3)
    projections = [faulty.faulty(kind) for kind in KINDS]
    read_models = [each for each in projections if each.tables]
    damage(database, tenant, 1)
    histories.run(database.app_url, tenant, projections)
    with rebuilding.batches(database.app_url) as batches:
        with pytest.raises(Poisoned):
            rebuilding.rebuild(batches, read_models)
        while found := faulty.letters(database):
            for letter in found:
                faulty.take_up(batch, projections, letter, skip=True)
        built = rebuilding.rebuild(batches, read_models)
    assert built.differing == []
