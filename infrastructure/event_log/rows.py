"""Rows of the log as events."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from application.recorded import RecordedEvent
from domain.event import Event
from domain.ids import Position, StreamId, TenantId, Version
from infrastructure.event_log import codec
from infrastructure.event_log.codec import Place
from infrastructure.vault.vault import NO_KEYS, Keys


class EventRow(NamedTuple):
    """One row of the queries `stream` and `read`."""

    tenant_id: UUID
    position: int
    stream_id: UUID
    version: int
    type: str
    schema: int
    data: bytes
    event_id: UUID
    correlation_id: UUID
    actor: str
    recorded_at: datetime


def persons(rows: Iterable[EventRow]) -> set[UUID]:
    """Whose keys it takes to read all of them; nobody's, for most."""
    return codec.persons((row.type, row.stream_id, row.data) for row in rows)


def to_event(row: EventRow, keys: Keys = NO_KEYS) -> RecordedEvent:
    """Decode one row; what is personal reads as erased where `keys` don't hold the key for it.

    Raises:
        Undecodable: the type is known, but the bytes don't fit it.
    """
    place = Place(row.tenant_id, row.stream_id, row.version)
    return _recorded(row, codec.decode(row.type, row.schema, row.data, place, keys))


def unread(row: EventRow) -> RecordedEvent:
    """One row whose bytes nobody looks into."""
    return _recorded(row, None)


def _recorded(row: EventRow, event: Event | None) -> RecordedEvent:
    return RecordedEvent(
        tenant_id=TenantId(row.tenant_id),
        position=Position(row.position),
        stream_id=StreamId(row.stream_id),
        version=Version(row.version),
        type=row.type,
        event=event,
        event_id=row.event_id,
        correlation_id=row.correlation_id,
        actor=row.actor,
        recorded_at=row.recorded_at,
    )
