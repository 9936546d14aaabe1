"""Notifications as they come, without the database having to send a message."""

from collections import deque
from collections.abc import Sequence
from threading import Event

from eventsourcing import persistence
from eventsourcing.persistence import ApplicationRecorder, Notification

from infrastructure.event_log.library import pauses

SELECT_LIMIT = 500


class PollingSubscription(persistence.Subscription[ApplicationRecorder]):
    """Looks at the head of the log, again and again with growing pauses while nothing comes.

    The log is gapless and in commit order, so nothing is missed and nothing is read twice, not
    even what the topics leave out. `stop` may be called from any thread and ends a pause at once.
    """

    def __init__(
        self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._looked_up_to = gt or 0
        self._found: deque[Notification] = deque()
        self._stopped = Event()

    def stop(self) -> None:
        """End the iteration, even one that waits."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        for pause in pauses.growing():
            if not self._found and not self._stopped.is_set():
                self._look()
            if self._stopped.is_set():
                break
            if self._found:
                return self._found.popleft()
            self._stopped.wait(pause)
        raise StopIteration

    def _look(self) -> None:
        head = self._recorder.max_notification_id() or 0
        while not self._found and self._looked_up_to < head:
            notifications = self._recorder.select_notifications(
                start=self._looked_up_to,
                limit=SELECT_LIMIT,
                stop=head,
                topics=self._topics,
                inclusive_of_start=False,
            )
            is_full = len(notifications) == SELECT_LIMIT
            self._looked_up_to = notifications[-1].id if is_full else head
            self._found.extend(notifications)
