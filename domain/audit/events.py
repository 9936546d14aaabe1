"""Facts about who looked at the log itself."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from domain.event import Event

ExportFormat = Literal["jsonl", "csv", "parquet", "cef", "ocsf"]
Outcome = Literal["finished", "cut", "failed"]


class AuditRead(Event, frozen=True):
    """Somebody read events of the log, those that the fields narrow it down to.

    Once for each session, question and hour, however many pages were turned.
    """

    TYPE: ClassVar[str] = "audit.read"

    personal: bool
    acting: str | None = None
    event_type: str | None = None
    stream_id: UUID | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    position_from: int | None = None
    position_until: int | None = None
    oldest_first: bool = False


class AuditExportStarted(Event, frozen=True):
    """Somebody is given the log behind position `after`, up to this event or to `until`.

    Recorded before the first byte leaves.
    """

    TYPE: ClassVar[str] = "audit.export_started"

    format: ExportFormat
    after: int
    until: int | None
    personal: bool


class AuditExportEnded(Event, frozen=True):
    """The export gave out `events` events, the last one at `position`.

    `cut` where the reader went away. An export that has no such event was cut by a crash.
    """

    TYPE: ClassVar[str] = "audit.export_ended"

    outcome: Outcome
    position: int
    events: int
