"""What a projection promises when something is the matter."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from application.jobs import Job
from application.recorded import RecordedEvent
from domain.documents.events import KnowledgeBaseCreated
from infrastructure.database import BatchDatabase
from infrastructure.sql import Queries
from projections.documents.document_list import DocumentList
from projections.engine.projection import Projection, Unavailable, on
from projections.engine.reading import LogNotContiguous
from projections.engine.runner import Runner
from tests.event_log import logs
from tests.projections_engine import histories
from tests.servers import Database
from tests.vaults import VAULT


class Picky(Projection):
    """Takes every name but one; remembers what it took."""

    name = "picky"
    version = 1
    queries = Queries("projections.engine", "engine.sql")
    tables = ()

    def __init__(self) -> None:
        self.taken: list[int] = []

    @on(KnowledgeBaseCreated)
    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        for recorded in events:
            assert isinstance(recorded.event, KnowledgeBaseCreated)
            if recorded.event.name == "poison":
                raise ValueError("can't take this")
        self.taken += [recorded.position for recorded in events]
        return ()


def checkpoint(admin_url: str, tenant_id: UUID, projection: str) -> int | None:
    with psycopg.connect(admin_url) as connection:
        row = connection.execute(
            "SELECT position FROM read.checkpoints WHERE tenant_id = %s AND projection = %s",
            [tenant_id, projection],
        ).fetchone()
    return row[0] if row else None


def test_a_poison_event_parks_its_stream_and_the_others_go_on(database: Database) -> None:
    tenant, poisoned = logs.tenant(), logs.stream()
    histories.write(
        database.app_url,
        tenant,
        [
            (logs.stream(), [logs.event("one")]),
            (poisoned, [logs.event("two"), logs.event("poison")]),
            (logs.stream(), [logs.event("four")]),
            (poisoned, [logs.event("five")]),
            (logs.stream(), [logs.event("six")]),
        ],
    )
    picky = Picky()
    histories.run(database.app_url, tenant, [picky])
    assert picky.taken == [1, 2, 4, 6]
    assert checkpoint(database.admin_url, tenant, "picky") == 6
    with psycopg.connect(database.admin_url) as connection:
        parked = connection.execute(
            "SELECT stream_id, position, failure FROM read.parked_streams"
        ).fetchall()
    assert parked == [(poisoned, 3, "ValueError")]


def test_a_gap_in_the_log_stops_the_projection(database: Database) -> None:
    tenant = logs.tenant()
    steps = [(logs.stream(), [logs.event(str(number))]) for number in range(5)]
    histories.write(database.app_url, tenant, steps)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER events_never_change")
        connection.execute("DELETE FROM log.events WHERE position = 3")
    with pytest.raises(LogNotContiguous, match="position 3 is missing"):
        histories.run(database.app_url, tenant, [Picky()])
    assert (
        checkpoint(database.admin_url, tenant, "picky") is None
        or checkpoint(database.admin_url, tenant, "picky") == 0
    )


def test_an_event_of_an_unknown_type_is_passed_over(database: Database) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, [(logs.stream(), [logs.event(), logs.event()])])
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER events_never_change")
        connection.execute("UPDATE log.events SET type = 'of.the_future' WHERE position = 1")
    picky = Picky()
    histories.run(database.app_url, tenant, [picky])
    assert picky.taken == [2]


def test_16_runs_at_once_take_every_event_once(database: Database) -> None:
    tenant = logs.tenant()
    steps = [(logs.stream(), [logs.event(str(number))]) for number in range(60)]
    histories.write(database.app_url, tenant, steps)
    picky = Picky()
    batch = BatchDatabase(database.app_url, size_max=16)
    batch.open()
    try:
        each = Runner(batch, [picky], VAULT)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: each.catch_up(picky, tenant, batch_events=7), range(16)))
        each.catch_up(picky, tenant)
    finally:
        batch.close()
    assert picky.taken == list(range(1, 61))


class Interrupted(DocumentList):
    """Loses its connection after the rows are written and before the checkpoint moves."""

    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        super().apply(connection, tenant_id, events)
        connection.close()
        return ()


def test_a_batch_that_is_interrupted_leaves_neither_rows_nor_checkpoint(
    database: Database,
) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    with pytest.raises(psycopg.OperationalError):
        histories.run(database.app_url, tenant, [Interrupted()])
    assert not any(histories.contents(database.admin_url, tenant).values())
    assert not checkpoint(database.admin_url, tenant, DocumentList.name)
    histories.run(database.app_url, tenant, [DocumentList()], batch_events=500)
    assert len(histories.contents(database.admin_url, tenant)["read.documents_v1"]) == 1


def test_the_sweep_finds_a_tenant_that_is_behind_and_no_other(database: Database) -> None:
    behind, done = logs.tenant(), logs.tenant()
    for tenant in (behind, done):
        histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, done)
    batch = BatchDatabase(database.app_url)
    batch.open()
    try:
        assert Runner(batch, histories.every(), VAULT).tenants_behind() == [behind]
    finally:
        batch.close()


class Unreachable(Picky):
    """Needs something that can't be reached just now."""

    name = "unreachable"

    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        raise Unavailable("the blob store")


def test_what_is_out_of_reach_is_tried_again_later_each_time_and_parks_nothing(
    database: Database,
) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, [(logs.stream(), [logs.event()])])
    pauses = []
    for attempt in range(1, 9):
        with pytest.raises(Unavailable):
            histories.run(database.app_url, tenant, [Unreachable()], batch_events=500)
        with psycopg.connect(database.admin_url) as connection:
            row = connection.execute(
                "SELECT attempts, state, position, extract(epoch FROM retry_at - updated_at)"
                " FROM read.checkpoints WHERE projection = 'unreachable'"
            ).fetchone()
        assert row is not None
        assert row[:3] == (attempt, "failing", 0)
        pauses.append(round(float(row[3]), 1))
    assert pauses[1:] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    with psycopg.connect(database.app_url) as connection:
        behind = connection.execute(
            "SELECT tenant_id FROM read.tenants_behind(ARRAY['unreachable'], ARRAY[1])"
        ).fetchall()
        letters = connection.execute(
            "SELECT * FROM read.dead_letters(NULL, NULL, NULL, NULL, 9)"
        ).fetchall()
    assert (behind, letters) == ([], [])
