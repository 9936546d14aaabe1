"""Subscriptions miss nothing, read nothing twice, and end when they are told."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, Timer
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import Notification

from infrastructure.event_log.library import subscription
from infrastructure.event_log.library.recorder import LogApplicationRecorder
from tests.event_log import library
from tests.event_log.library import stored
from tests.servers import Database


@pytest.fixture
def recorder(library_database: Database) -> LogApplicationRecorder:
    return LogApplicationRecorder(library.log(library_database.app_url))


def test_a_subscriber_sees_every_position_while_many_write(
    recorder: LogApplicationRecorder,
) -> None:
    def write(_: int) -> None:
        id_ = uuid4()
        recorder.insert_events([stored(id_, version) for version in range(1, 11)])

    seen: list[int] = []
    with ThreadPoolExecutor(8) as threads, recorder.subscribe() as notifications:
        written = threads.map(write, range(150))
        for notification in notifications:
            seen.append(notification.id)
            if len(seen) == 1500:
                break
        list(written)
    assert seen == list(range(1, 1501))


def test_a_notification_comes_soon_after_it_was_recorded(
    recorder: LogApplicationRecorder,
) -> None:
    with recorder.subscribe() as notifications:
        Timer(0.5, lambda: recorder.insert_events([stored(uuid4())])).start()
        started = time.monotonic()
        assert next(notifications).id == 1
        assert 0.4 < time.monotonic() - started < 4.0


def test_stop_ends_an_iteration_that_waits(recorder: LogApplicationRecorder) -> None:
    notifications = recorder.subscribe()
    waiting = Thread(target=lambda: list(notifications), daemon=True)
    waiting.start()
    time.sleep(0.2)
    assert waiting.is_alive()
    notifications.stop()
    waiting.join(5)
    assert not waiting.is_alive()


class Counting(LogApplicationRecorder):
    """Remembers where each selection began."""

    def select_notifications(
        self, start: int | None, *args: Any, **kwargs: Any
    ) -> Sequence[Notification]:
        self.starts = [*getattr(self, "starts", []), start]
        return super().select_notifications(start, *args, **kwargs)


def test_what_the_topics_leave_out_is_read_once(
    library_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "SELECT_LIMIT", 2)
    recorder = Counting(library.log(library_database.app_url))
    for _ in range(5):
        recorder.insert_events([stored(uuid4(), topic="test:Other")])
    notifications = recorder.subscribe(topics=["test:Wanted"])
    Timer(0.3, lambda: recorder.insert_events([stored(uuid4(), topic="test:Wanted")])).start()
    assert next(notifications).id == 6
    assert recorder.starts == [0, 5]
