"""An event over which statements always run into their time-out holds up its own stream alone."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from application.jobs import Job
from application.recorded import RecordedEvent
from domain.ids import TenantId
from infrastructure import database as addresses
from infrastructure.database import BatchDatabase
from projections.documents.document_list import DocumentList
from projections.documents.document_status import DocumentStatus
from projections.engine import alone
from projections.engine.runner import Runner
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.projections_engine import faulty, histories
from tests.servers import Database
from tests.vaults import VAULT

QUICK = addresses.SESSION_OPTIONS.replace("statement_timeout=30s", "statement_timeout=100ms")
FOR_EVER = 5.0


class Sleepy(DocumentList):
    """Sleeps in the database over events at certain positions."""

    seconds: ClassVar[dict[int, float]] = {}

    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        seconds = sum(self.seconds.get(each.position, 0) for each in events)
        if seconds:
            connection.execute("SELECT pg_sleep(%s)", [seconds])
        return super().apply(connection, tenant_id, events)


@pytest.fixture
def batch(database: Database) -> Iterator[BatchDatabase]:
    quick = BatchDatabase(database.app_url, size_max=4, options=QUICK)
    quick.open()
    yield quick
    quick.close()
    Sleepy.seconds.clear()


def written(database: Database, count: int) -> TenantId:
    tenant = logs.tenant()
    histories.write(
        database.app_url, tenant, [(logs.stream(), [histories.ADDED]) for _ in range(count)]
    )
    return tenant


def try_again(database: Database, runner: Runner, tenant: TenantId) -> None:
    """What the sweep does once the pause after the last failure is over."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("UPDATE read.checkpoints SET retry_at = NULL")
    runner.run(tenant)


def listed(database: Database, tenant: TenantId, table: str) -> list[int]:
    rows = histories.contents(database.admin_url, tenant)[f"read.{table}"]
    return sorted(row["position"] for row in rows)


def test_after_five_time_outs_its_stream_is_parked_and_the_others_go_on(
    database: Database, batch: BatchDatabase
) -> None:
    tenant = written(database, 4)
    Sleepy.seconds[2] = FOR_EVER
    runner = Runner(batch, [Sleepy(), DocumentStatus()], VAULT)
    for _ in range(alone.TIMEOUTS_MAX - 1):
        with pytest.raises(psycopg.errors.QueryCanceled):
            try_again(database, runner, tenant)
        assert listed(database, tenant, "documents_v1") == [1]
        assert listed(database, tenant, "document_status_v1") == [1, 2, 3, 4]
        assert faulty.letters(database) == []
    told = muniment(database, "projections", "list", "--tenant", str(tenant)).stdout
    (line,) = (each for each in told.splitlines() if each.startswith("document_list "))
    assert ("failing" in line, "QueryCanceled" in line) == (True, True)
    try_again(database, runner, tenant)
    assert listed(database, tenant, "documents_v1") == [1, 3, 4]
    (letter,) = faulty.letters(database)
    assert (letter.position, letter.failure, letter.attempts) == (2, "QueryCanceled", 5)
    projections = [Sleepy()]
    assert faulty.take_up(batch, projections, letter) == "parked_again"
    Sleepy.seconds.clear()
    assert faulty.take_up(batch, projections, letter) == "taken_in"
    assert listed(database, tenant, "documents_v1") == [1, 2, 3, 4]


def test_a_batch_that_takes_too_long_as_a_whole_is_taken_one_by_one(
    database: Database, batch: BatchDatabase
) -> None:
    tenant = written(database, 6)
    Sleepy.seconds.update(dict.fromkeys(range(1, 7), 0.03))
    runner = Runner(batch, [Sleepy()], VAULT)
    while len(listed(database, tenant, "documents_v1")) < 6:
        runner.run(tenant)
    assert faulty.letters(database) == []


def test_faults_of_the_surroundings_before_it_don_t_count_as_time_outs(
    database: Database, batch: BatchDatabase
) -> None:
    tenant = written(database, 1)
    Sleepy.seconds[1] = FOR_EVER
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "INSERT INTO read.checkpoints (tenant_id, projection, version, position, state,"
            " failure, attempts) VALUES (%s, 'document_list', 1, 0, 'failing', 'Unavailable', 99)",
            [tenant],
        )
    with pytest.raises(psycopg.errors.QueryCanceled):
        Runner(batch, [Sleepy()], VAULT).run(tenant)
    assert faulty.letters(database) == []
