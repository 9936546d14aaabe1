"""`muniment replay` where what keeps account of all read models is lost."""

from typing import Any

import psycopg
import pytest

from domain.ids import TenantId
from domain.platform.events import ProjectionPaused
from infrastructure.event_log import migrate
from projections import catalogue
from projections.engine import ledger, rulings
from projections.engine.ledger import LedgerLost
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.projections_engine.test_rulings import on_record, skipping
from tests.servers import Database

LOSSES = ("DROP SCHEMA read CASCADE", "DROP TABLE read.pauses, read.skipped_events CASCADE")
KEPT = (
    "SELECT * FROM read.pauses",
    "SELECT * FROM read.skipped_events",
    "SELECT job_id, state FROM work.jobs ORDER BY 1",
)


@pytest.fixture
def tenant(database: Database) -> TenantId:
    """With documents at every stage, one event that is skipped, and a projection that is paused."""
    found, stream = logs.tenant(), logs.stream()
    steps = [(logs.stream(), [histories.ADDED, *histories.NEXT[:number]]) for number in range(7)]
    histories.write(database.app_url, found, [(stream, [histories.ADDED]), *steps])
    paused = ProjectionPaused(projection="watchlist_list", tenant_id=found)
    on_record(database, [skipping(found, 1, stream), paused])
    with rebuilding.batches(database.app_url) as batches:
        rulings.from_log(batches)
    histories.run(database.app_url, found)
    execute(database, "UPDATE work.jobs SET state = 'done'")
    return found


def execute(database: Database, statement: str) -> list[Any]:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_made_again_with_all_that_hangs_on_it(
    database: Database, tenant: TenantId, loss: str
) -> None:
    before = histories.contents(database.admin_url, tenant)
    assert [row["position"] for row in before["read.documents_v1"]].count(1) == 0
    kept = [execute(database, query) for query in KEPT]
    execute(database, loss)
    result = muniment(database, "replay", "--yes", "--verify")
    assert result.exit_code == 0, result.output
    assert "read.pauses: made again\n" in result.stdout
    assert histories.contents(database.admin_url, tenant) == before
    assert [execute(database, query) for query in KEPT] == kept
    assert execute(database, "SELECT * FROM read.generations WHERE generation = 0") == []
    assert muniment(database, "replay", "--dry-run").exit_code == 0
    histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, tenant)
    grown = histories.contents(database.admin_url, tenant)
    assert len(grown["read.documents_v1"]) == len(before["read.documents_v1"]) + 1


def test_what_is_lost_and_which_command_mends_it_is_told(
    database: Database, tenant: TenantId
) -> None:
    execute(database, "DROP TABLE read.checkpoints")
    for command in (
        ("replay", "--dry-run"),
        ("projections", "diff", "--all"),
        ("projections", "list"),
        ("events", "verify"),
        ("migrate",),
    ):
        told = muniment(database, *command)
        assert isinstance(told.exception, LedgerLost), command
        line = str(told.exception)
        assert ("read.checkpoints" in line, "`muniment replay --yes`" in line) == (True, True)
    assert "read.checkpoints is lost\n" in muniment(database, "replay", answer="n\n").stdout
    for less in ("--tenant", str(tenant)), ("--projection", "document_list"):
        assert muniment(database, "replay", "--yes", *less).exit_code == 2
    assert execute(database, "SELECT to_regclass('read.checkpoints')") == [(None,)]


def test_a_recovery_that_was_killed_goes_on_and_nobody_takes_anything_in_before(
    database: Database, tenant: TenantId
) -> None:
    before = histories.contents(database.admin_url, tenant)
    execute(database, "DROP TABLE read.checkpoints")
    assert ledger.make_again(database.admin_url, catalogue.PROJECTIONS)
    histories.run(database.app_url, tenant)  # a worker that finds what was made
    assert execute(database, "SELECT * FROM read.checkpoints") == []
    assert muniment(database, "migrate").exit_code == 0
    assert muniment(database, "replay", "--yes", "--json").exit_code == 0
    assert histories.contents(database.admin_url, tenant) == before
    assert execute(database, "SELECT to_regnamespace('read_filling')") == [(None,)]


def test_a_database_that_is_behind_this_release_has_lost_nothing(database: Database) -> None:
    while "0020_pauses_from_the_log" not in migrate.roll_back(database.admin_url, count=1):
        pass
    for command in ("replay", "--yes"), ("replay", "--dry-run"):
        told = muniment(database, *command)
        assert isinstance(told.exception, ledger.NotUpToDate), command
    assert muniment(database, "migrate").exit_code == 0
