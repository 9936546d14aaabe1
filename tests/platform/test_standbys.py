"""What answered before a switch is kept for some days, and then dropped on record."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.ids import PLATFORM, TenantId
from infrastructure import settings as settings_module
from infrastructure.database import BatchDatabase
from interfaces import standbys
from projections.documents.document_list import DocumentList
from projections.documents.document_status import DocumentStatus
from projections.engine import standbys as engine_standbys
from projections.engine.generations import Key
from projections.engine.registry import NotPossible, Registry
from tests import stack as stacks
from tests.cli import installation
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database

BROKER = 8
LIST = DocumentList.name


@pytest.fixture
def batches(database: Database) -> Iterator[BatchDatabase]:
    with rebuilding.batches(database.app_url) as found:
        yield found


@pytest.fixture
def tenant(database: Database) -> TenantId:
    found = logs.tenant()
    histories.write(database.app_url, found, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, found)
    return found


def built(batches: BatchDatabase, tenant: TenantId | None = None) -> int:
    """A generation of the list that is filled and compared."""
    return rebuilding.rebuild(batches, [DocumentList()], tenant).targets[0].generation


def switch(batches: BatchDatabase, generation: int, tenant: TenantId | None = None) -> None:
    Registry(batches).switch(
        DocumentList(), generation, tenant, accept_differences=True, by="a test"
    )


def days_pass(database: Database, days: int) -> None:
    """Whatever was done to generations was done so much earlier."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "UPDATE read.serving SET switched_at = switched_at - make_interval(days => %s)", [days]
        )
        connection.execute(
            "UPDATE read.generations SET changed_at = changed_at - make_interval(days => %s)",
            [days],
        )


def look(database: Database, batches: BatchDatabase, **more: str) -> None:
    """What the scheduler does once a minute."""
    environ = installation.environment(database) | {"REDIS_URL": "redis://nowhere.invalid", **more}
    standbys.drop(settings_module.load(environ, None), batches)


def dropped(database: Database) -> list[tuple[Any, ...]]:
    """Projection and generation, and by whom it stands in the platform's log that they went."""
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(
            "SELECT e.data::jsonb ->> 'projection', (e.data::jsonb ->> 'generation')::int, e.actor"
            "  FROM (SELECT position, actor, convert_from(data, 'UTF8') AS data FROM log.events"
            "         WHERE tenant_id = %s AND type = 'projection.generation_dropped') e"
            " ORDER BY e.position",
            [PLATFORM],
        ).fetchall()


def there(database: Database, schema: str) -> bool:
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT to_regclass(%s) IS NOT NULL", [f"{schema}.documents_v1"]
        ).fetchone()
    return row == (True,)


def test_the_scheduler_drops_what_answered_until_seven_days_ago(
    database: Database, batches: BatchDatabase, tenant: TenantId, valkey_url: str, tmp_path: Path
) -> None:
    switch(batches, built(batches))
    days_pass(database, 8)
    broker_url = stacks.broker_of(valkey_url, BROKER)
    with stacks.running(database, broker_url, tmp_path, names=["scheduler"]) as stack:
        deadline = time.monotonic() + 60
        while not dropped(database):
            assert time.monotonic() < deadline, stack.log("scheduler")
            time.sleep(0.05)
    assert dropped(database) == [(LIST, 0, "scheduler")]
    assert (there(database, "read"), there(database, "read_g1")) == (False, True)
    assert rebuilding.contents(database.admin_url, "read_g1", tenant)["documents_v1"]


@pytest.mark.usefixtures("tenant")
def test_nothing_goes_before_its_time_or_where_nothing_shall_go(
    database: Database, batches: BatchDatabase
) -> None:
    switch(batches, built(batches))
    days_pass(database, 6)
    look(database, batches)
    days_pass(database, 100)
    look(database, batches, MUNIMENT_STANDBY_DAYS="0")
    look(database, batches, MUNIMENT_STANDBY_DAYS="107")
    assert dropped(database) == []
    look(database, batches)
    assert dropped(database) == [(LIST, 0, "scheduler")]
    look(database, batches)
    assert len(dropped(database)) == 1


@pytest.mark.usefixtures("tenant")
def test_days_are_counted_from_the_last_switch_or_rollback(
    database: Database, batches: BatchDatabase
) -> None:
    switch(batches, built(batches))
    days_pass(database, 30)
    Registry(batches).roll_back(DocumentList(), None, by="a test")
    look(database, batches)
    assert dropped(database) == []
    days_pass(database, 8)
    look(database, batches)
    assert dropped(database) == [(LIST, 1, "scheduler")]
    assert (there(database, "read"), there(database, "read_g1")) == (True, False)


def test_what_answers_for_somebody_is_built_or_waits_for_a_switch_stays(
    database: Database, batches: BatchDatabase, tenant: TenantId
) -> None:
    other = logs.tenant()
    histories.write(database.app_url, other, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, other)
    first, waiting = built(batches), built(batches)
    switch(batches, first, tenant)  # everybody else has generation 0
    building = Registry(batches).create(DocumentStatus(), None, by="a test")
    days_pass(database, 400)
    look(database, batches)
    assert dropped(database) == []
    last = built(batches)
    switch(batches, last)
    switch(batches, 0, other)  # alone
    days_pass(database, 400)
    look(database, batches)
    assert dropped(database) == [(LIST, first, "scheduler")]
    states = {each.generation: each.state for each in Registry(batches).every()}
    assert states == {first: "dropped", waiting: "ready", building: "building", last: "live"}
    assert there(database, "read")


@pytest.mark.usefixtures("tenant")
def test_what_somebody_went_back_to_meanwhile_stays(
    database: Database, batches: BatchDatabase
) -> None:
    number = built(batches)
    switch(batches, number)
    recorded: list[int] = []

    def drop(days: int, on_record: Any) -> None:
        key = Key(LIST, DocumentList.version, 0)
        engine_standbys.drop(batches, DocumentList, key, days=days, on_record=on_record)

    with pytest.raises(NotPossible, match="was switched to"):
        drop(7, lambda: recorded.append(1))  # as if it had been old enough when it was looked up

    def go_back() -> None:
        with pytest.raises(NotPossible):
            Registry(batches).roll_back(DocumentList(), None, by="a test")
        recorded.append(2)

    days_pass(database, 8)
    drop(7, go_back)
    assert recorded == [2]
    assert Registry(batches).answers(DocumentList()) == number
