"""Reading a log for people: every event with all that the log knows of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import args_row, scalar_row

from infrastructure.event_log import snapshot
from infrastructure.sql import Queries

SQL = Queries(__package__, "reading.sql")
PAGE_EVENTS = 500


class NotInTheLog(Exception):  # noqa: N818 - named for what is the matter
    """The log holds no such event."""


class ReadableEvent(msgspec.Struct, frozen=True):
    """One event; `data` and `metadata` decoded where they are JSON, as text where they are not."""

    position: int
    stream_id: UUID
    version: int
    type: str
    schema: int
    event_id: UUID
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    actor: str
    recorded_at: datetime
    metadata: Any
    data: Any


class LogReader:
    """Reads the log of one tenant, always as it is now."""

    def __init__(self, connection: Connection[Any], tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def head(self) -> int:
        """The position of the last event; 0 before the first."""
        with snapshot.of_tenant(self._connection, self._tenant_id):
            cursor = self._connection.cursor(row_factory=scalar_row)
            found = cursor.execute(SQL["head"], {"tenant_id": self._tenant_id}).fetchone()
        return int(found or 0)

    def after(self, position: int) -> Iterator[ReadableEvent]:
        """Every event behind a position, up to the head."""
        while page := self._events("after", {"after": position, "limit": PAGE_EVENTS}):
            yield from page
            position = page[-1].position

    def at(self, position: int) -> list[ReadableEvent]:
        """The event at a position; nothing if there is none."""
        found = self._events("after", {"after": position - 1, "limit": 1})
        return [event for event in found if event.position == position]

    def stream(self, stream_id: UUID) -> list[ReadableEvent]:
        """The events of one stream, oldest first."""
        return self._events("stream", {"stream_id": stream_id})

    def _events(self, name: str, parameters: dict[str, Any]) -> list[ReadableEvent]:
        with snapshot.of_tenant(self._connection, self._tenant_id):
            cursor = self._connection.cursor(row_factory=args_row(_readable), binary=True)
            return cursor.execute(
                SQL[name], {**parameters, "tenant_id": self._tenant_id}
            ).fetchall()


def _readable(*columns: Any) -> ReadableEvent:
    *others, metadata, data = columns
    values = dict(zip(ReadableEvent.__struct_fields__, others, strict=False))
    return ReadableEvent(**values, metadata=_decoded(metadata), data=_decoded(data))


def _decoded(octets: bytes) -> Any:
    try:
        return msgspec.json.decode(octets)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return octets.decode("utf-8", errors="backslashreplace")
