"""What the recorders promise beyond the library's suites."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import DataError, IntegrityError, OperationalError, Tracking

from infrastructure.event_log.library.recorder import SQL, LogApplicationRecorder
from infrastructure.event_log.library.tracking import LogProcessRecorder
from tests.event_log import library
from tests.event_log.library import stored
from tests.servers import Database


@pytest.fixture
def tenant_id() -> UUID:
    return uuid4()


@pytest.fixture
def recorder(library_database: Database, tenant_id: UUID) -> LogProcessRecorder:
    return LogProcessRecorder(library.log(library_database.app_url, tenant_id))


def test_a_tenant_never_sees_the_notifications_of_another(
    library_database: Database, recorder: LogProcessRecorder
) -> None:
    event = stored(uuid4())
    recorder.insert_events([event], tracking=Tracking("upstream", 7))
    other = LogProcessRecorder(library.log(library_database.app_url))
    assert other.select_notifications(None, 10) == []
    assert other.select_events(event.originator_id) == []
    assert other.max_notification_id() is None
    assert other.max_tracking_id("upstream") is None


@pytest.mark.parametrize("versions", [[2], [1, 3], [1, 1], [2, 1], [-1], [0, 2]])
def test_versions_out_of_turn_leave_nothing(
    recorder: LogProcessRecorder, versions: list[int]
) -> None:
    id_ = uuid4()
    with pytest.raises(IntegrityError):
        recorder.insert_events([stored(id_, version) for version in versions])
    assert recorder.select_events(id_) == []
    assert recorder.max_notification_id() is None


def test_a_stream_numbered_from_0_goes_on_as_it_began(
    library_database: Database, recorder: LogProcessRecorder, tenant_id: UUID
) -> None:
    id_ = uuid4()
    recorder.insert_events([stored(id_, 0)])
    recorder.insert_events([stored(id_, 1), stored(id_, 2), stored(uuid4(), 1)])
    with pytest.raises(IntegrityError):
        recorder.insert_events([stored(id_, 2)])
    versions = [event.originator_version for event in recorder.select_events(id_)]
    between = [event.originator_version for event in recorder.select_events(id_, gt=0, lte=1)]
    noted = [each.originator_version for each in recorder.select_notifications(None, 10)]
    assert (versions, between, noted) == ([0, 1, 2], [1], [0, 1, 2, 1])
    with psycopg.connect(library_database.admin_url) as connection:
        found = connection.execute(
            "SELECT version FROM log.events WHERE tenant_id = %s ORDER BY position", [tenant_id]
        )
        assert found.fetchall() == [(1,), (2,), (3,), (1,)]


def test_a_conflict_in_one_stream_leaves_nothing_of_the_others(
    recorder: LogProcessRecorder,
) -> None:
    taken, free = uuid4(), uuid4()
    recorder.insert_events([stored(taken)])
    with pytest.raises(IntegrityError):
        recorder.insert_events([stored(free), stored(taken)])
    assert recorder.select_events(free) == []


def test_events_and_tracking_are_recorded_together_or_not_at_all(
    recorder: LogProcessRecorder,
) -> None:
    first, second = stored(uuid4()), stored(uuid4())
    recorder.insert_events([first], tracking=Tracking("upstream", 3))
    with pytest.raises(IntegrityError, match="processed before"):
        recorder.insert_events([second], tracking=Tracking("upstream", 3))
    with pytest.raises(IntegrityError, match="version 1"):
        recorder.insert_events([first], tracking=Tracking("upstream", 4))
    assert recorder.select_events(second.originator_id) == []
    assert recorder.max_tracking_id("upstream") == 3
    assert recorder.insert_events([second], tracking=Tracking("upstream", 4)) == [2]


def test_an_append_that_is_sent_again_records_once(
    library_database: Database, tenant_id: UUID
) -> None:
    log = library.log(library_database.app_url, tenant_id)
    row = {
        "command_id": uuid4(),
        "actor": "test",
        "stream_ids": [uuid4()],
        "versions": [1],
        "types": ["test:Event"],
        "schemas": [1],
        "data": [b"{}"],
        "event_ids": [uuid4()],
        "reader": "test",
        "application_name": "upstream",
        "notification_id": 5,
    }
    assert log.rows(SQL["append"], **row) == log.rows(SQL["append"], **row) == [(1, 1)]
    assert LogProcessRecorder(log).max_tracking_id("upstream") == 5


def test_a_lost_connection_is_replaced(
    library_database: Database, recorder: LogProcessRecorder
) -> None:
    id_ = uuid4()
    recorder.insert_events([stored(id_, 1)])
    with psycopg.connect(library_database.admin_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert recorder.insert_events([stored(id_, 2)]) == [2]
    assert len(recorder.select_events(id_)) == 2


def test_a_closed_log_is_the_librarys_operational_error(library_database: Database) -> None:
    log = library.log(library_database.app_url)
    log.close()
    with pytest.raises(OperationalError):
        LogApplicationRecorder(log).max_notification_id()


def test_of_racing_writers_of_one_version_exactly_one_wins(recorder: LogProcessRecorder) -> None:
    id_ = uuid4()

    def write(_: int) -> bool:
        try:
            recorder.insert_events([stored(id_)])
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(write, range(40))) == 1


def test_ids_are_uuids_also_when_written_as_text(recorder: LogProcessRecorder) -> None:
    id_ = uuid4()
    recorder.insert_events([stored(str(id_))])
    assert recorder.select_events(str(id_)) == [stored(id_)]
    with pytest.raises(DataError, match="customer-1"):
        recorder.insert_events([stored("customer-1")])


@pytest.mark.parametrize("topic", ["", "t" * 201])
def test_a_topic_of_the_wrong_length_is_refused(recorder: LogProcessRecorder, topic: str) -> None:
    with pytest.raises(DataError, match="200"):
        recorder.insert_events([stored(uuid4(), topic=topic)])
    recorder.insert_events([stored(uuid4(), topic="t" * 200)])


def test_the_log_says_who_wrote(
    library_database: Database, recorder: LogProcessRecorder, tenant_id: UUID
) -> None:
    recorder.insert_events([stored(uuid4())])
    recorder.insert_events([stored(uuid4())], actor="user:7")
    with psycopg.connect(library_database.admin_url) as connection:
        actors = connection.execute(
            "SELECT actor FROM log.events WHERE tenant_id = %s ORDER BY position", [tenant_id]
        )
        assert actors.fetchall() == [("application:test",), ("user:7",)]
