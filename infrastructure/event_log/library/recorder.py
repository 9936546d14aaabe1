"""The library's recorders over the log: stored events in, stored events and notifications out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import uuid_utils.compat
from eventsourcing import persistence
from eventsourcing.persistence import Notification, StoredEvent, Tracking

from infrastructure.event_log.library import topics as topic_names
from infrastructure.event_log.library.subscription import PollingSubscription
from infrastructure.event_log.library.tenant_log import TenantLog
from infrastructure.sql import Queries

SQL = Queries(__package__, "library.sql")

NO_LIMIT = 2**62
"""Above every version and position; one more still fits into a bigint."""


class LogAggregateRecorder(persistence.AggregateRecorder):
    """Streams of one tenant's log. Their versions run from 0 or 1 without gaps."""

    def __init__(self, log: TenantLog) -> None:
        self._log = log

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append all of them or none.

        Raises:
            IntegrityError: a version is taken or out of turn.
            DataError: an id is no UUID, or a topic is too long.
        """
        self._append(stored_events, actor=kwargs.get("actor"))
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The stream's events at versions above `gt` up to `lte`."""
        rows = self._log.rows(
            SQL["events_newest_first" if desc else "events"],
            stream_id=stream_id(originator_id),
            gt=-1 if gt is None else gt,
            lte=NO_LIMIT if lte is None else lte,
            limit=limit,
        )
        return [
            StoredEvent(id_, version, topic_names.join(type_, schema), data)
            for id_, version, type_, schema, data in rows
        ]

    def _append(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        actor: str | None = None,
        tracking: Tracking | None = None,
    ) -> Sequence[int]:
        """Positions of the events. Repeated with the same command id, it records them once."""
        if not stored_events:
            return []
        names = [topic_names.checked(event.topic) for event in stored_events]
        [(first, last)] = self._log.rows(
            SQL["append"],
            command_id=uuid_utils.compat.uuid7(),
            actor=actor or f"application:{self._log.application}",
            stream_ids=[stream_id(event.originator_id) for event in stored_events],
            versions=[event.originator_version for event in stored_events],
            types=[type_ for type_, _ in names],
            schemas=[schema for _, schema in names],
            data=[event.state for event in stored_events],
            event_ids=[uuid_utils.compat.uuid7() for _ in stored_events],
            reader=self._log.application,
            application_name=tracking.application_name if tracking else None,
            notification_id=tracking.notification_id if tracking else None,
        )
        return range(first, last + 1)


class LogApplicationRecorder(LogAggregateRecorder, persistence.ApplicationRecorder):
    """The whole log of one tenant. Notification ids are its positions: 1, 2, 3 … without gaps."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append all of them or none, and return their positions.

        Raises:
            IntegrityError: a version is taken or out of turn.
        """
        return list(self._append(stored_events, actor=kwargs.get("actor")))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events from position `start` (or the one after it) to `stop`, in order.

        A topic stands for its type: all its schemas are selected.
        """
        rows = self._log.rows(
            SQL["notifications_of_types" if topics else "notifications"],
            first=0 if start is None else start + (not inclusive_of_start),
            last=NO_LIMIT if stop is None else stop,
            types=[topic_names.split(topic)[0] for topic in topics],
            limit=limit,
        )
        return [
            Notification(id_, version, topic_names.join(type_, schema), data, position)
            for position, id_, version, type_, schema, data in rows
        ]

    def max_notification_id(self) -> int | None:
        """The head of the log; None before the first event."""
        rows = self._log.rows(SQL["head"])
        return rows[0][0] if rows else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> persistence.Subscription[persistence.ApplicationRecorder]:
        """Notifications after `gt`, for ever; see `PollingSubscription`."""
        return PollingSubscription(self, gt, topics)


def stream_id(originator_id: UUID | str) -> UUID:
    """The log names streams by UUID.

    Raises:
        DataError: the id is a string that doesn't stand for one.
    """
    if isinstance(originator_id, UUID):
        return originator_id
    try:
        return UUID(originator_id)
    except ValueError as error:
        raise persistence.DataError(f"no UUID: originator id {originator_id!r}") from error
