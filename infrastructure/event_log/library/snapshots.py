"""Snapshots of aggregates: derived from events, so they stand beside the log, not in it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent

from domain import catalogue
from infrastructure.event_log.library.recorder import NO_LIMIT, SQL, stream_id
from infrastructure.event_log.library.tenant_log import TenantLog

PERSONAL_TYPES = sorted(event_type.TYPE for event_type in catalogue.PERSONAL)


class LogSnapshotRecorder(persistence.AggregateRecorder):
    """The snapshots that one application takes of one tenant's streams, at any versions."""

    def __init__(self, log: TenantLog) -> None:
        self._log = log

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ARG002 - the library's signature
    ) -> Sequence[int] | None:
        """Keep all of them or none, but for those of streams with something personal in them.

        A snapshot is a state in plain: one that somebody took of what they had read before an
        erasure would outlive it.

        Raises:
            IntegrityError: one of that stream and version is kept already.
        """
        if stored_events:
            self._log.rows_once(
                SQL["keep_snapshots"],
                reader=self._log.application,
                stream_ids=[stream_id(event.originator_id) for event in stored_events],
                versions=[event.originator_version for event in stored_events],
                topics=[event.topic for event in stored_events],
                states=[event.state for event in stored_events],
                personal_types=PERSONAL_TYPES,
            )
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
        """The stream's snapshots at versions above `gt` up to `lte`."""
        rows = self._log.rows(
            SQL["snapshots_newest_first" if desc else "snapshots"],
            reader=self._log.application,
            stream_id=stream_id(originator_id),
            gt=-1 if gt is None else gt,
            lte=NO_LIMIT if lte is None else lte,
            limit=limit,
        )
        return [StoredEvent(*row) for row in rows]
