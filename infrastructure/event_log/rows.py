"""Rows of the log as events."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from application.recorded import RecordedEvent
from domain.ids import Position, StreamId, TenantId, Version
from infrastructure.event_log import codec


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


def to_event(row: EventRow) -> RecordedEvent:
    """Decode one row.

    Raises:
        Undecodable: the type is known, but the bytes don't fit it.
    """
    return RecordedEvent(
        tenant_id=TenantId(row.tenant_id),
        position=Position(row.position),
        stream_id=StreamId(row.stream_id),
        version=Version(row.version),
        type=row.type,
        event=codec.decode(row.type, row.schema, row.data),
        event_id=row.event_id,
        correlation_id=row.correlation_id,
        actor=row.actor,
        recorded_at=row.recorded_at,
    )
