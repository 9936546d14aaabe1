"""The library's tracking of what an application has processed, alone or with its events."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any

from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent, Tracking
from psycopg import Connection

from infrastructure.event_log.library import pauses
from infrastructure.event_log.library.recorder import SQL, LogApplicationRecorder
from infrastructure.event_log.library.tenant_log import TenantLog


class LogTrackingRecorder(persistence.TrackingRecorder):
    """How far one application has processed others, a row for each of them.

    A view of the library is a subclass that writes its own rows `tracked`.
    """

    def __init__(self, log: TenantLog) -> None:
        self._log = log

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move the tracking of an application forward.

        Raises:
            IntegrityError: it is there already, or further.
        """
        if not self._log.rows_once(SQL["track"], **self._row(tracking)):
            raise _processed_before(tracking)

    @contextmanager
    def tracked(self, tracking: Tracking) -> Iterator[Connection[Any]]:
        """A transaction in the tenant's context that moves the tracking with what is written.

        Raises:
            IntegrityError: the tracking is there already, or further; nothing is written.
        """
        with self._log.transaction() as connection:
            row = {**self._row(tracking), "tenant_id": self._log.tenant_id}
            if connection.execute(SQL["track"], row).fetchone() is None:
                raise _processed_before(tracking)
            yield connection

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far the named application has been processed; None where nothing was."""
        rows = self._log.rows(
            SQL["tracked"], reader=self._log.application, application_name=application_name
        )
        return rows[0][0] if rows else None

    def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 1.0,
        interrupt: Event | None = None,
    ) -> None:
        """Return when the notification has been processed; looks often at first.

        Raises:
            TimeoutError: not within the time.
            WaitInterruptedError: `interrupt` was set before.
        """
        deadline = time.monotonic() + timeout
        interrupted = interrupt or Event()
        for pause in pauses.growing():
            if self.has_tracking_id(application_name, notification_id):
                return
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(
                    f"notification {notification_id} of {application_name} not processed in time"
                )
            if interrupted.wait(min(pause, left)):
                raise persistence.WaitInterruptedError

    def _row(self, tracking: Tracking) -> dict[str, Any]:
        return {
            "reader": self._log.application,
            "application_name": tracking.application_name,
            "notification_id": tracking.notification_id,
        }


class LogProcessRecorder(LogTrackingRecorder, LogApplicationRecorder, persistence.ProcessRecorder):
    """Records what an application answers to a notification, and that it did, in one statement."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append all of them and move the tracking given as `tracking`, or do neither.

        Raises:
            IntegrityError: a version is taken or out of turn, or the tracking is there already.
        """
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is not None and not stored_events:
            self.insert_tracking(tracking)
        return list(self._append(stored_events, actor=kwargs.get("actor"), tracking=tracking))


def _processed_before(tracking: Tracking) -> persistence.IntegrityError:
    return persistence.IntegrityError(
        f"notification {tracking.notification_id} of {tracking.application_name}"
        " has been processed before"
    )
