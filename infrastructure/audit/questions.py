"""Answers questions about a log from the log itself.

No index but those the log has anyway: by position and by stream. What a page is narrowed to by
actor and type is looked for in a bounded stretch of the log; where that holds too little, the page
is short, or empty, and the next one goes on behind it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.audit.question import AuditQuestion
from infrastructure.audit.personal import PersonalFields
from infrastructure.database import Database
from infrastructure.event_log import codec, positions
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS, Keys, Vault

SQL = Queries(__package__, "questions.sql")

SCAN_EVENTS_MAX = 20_000
"""How much of a log one page looks through."""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the log, with all that the log knows of it."""

    position: int
    event_id: UUID
    type: str
    schema: int
    stream_id: UUID
    version: int
    actor: str
    recorded_at: datetime
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    metadata: Any
    data: Any
    digest: str


class AuditPage(NamedTuple):
    """Some events, and the position from which the answer goes on; None at its end."""

    items: Sequence[AuditEvent]
    goes_on_at: int | None


class _Row(NamedTuple):
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
    metadata: bytes
    data: bytes
    digest: bytes


class _Position(NamedTuple):
    position: int


class AuditQuestions:
    """Reads logs as the application's role, one tenant at a time."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def head(self, tenant_id: UUID) -> int:
        """Position of the last event; 0 before the first."""
        row = await self._database.row(tenant_id, SQL["head"], {}, _Position)
        return row.position if row else 0

    async def page(
        self,
        tenant_id: UUID,
        question: AuditQuestion,
        *,
        cursor: int | None,
        limit: int,
        personal: bool,
    ) -> AuditPage:
        """Up to `limit` events behind the position `cursor`, in the order of the question."""
        low, high = await self._bounds(tenant_id, question, cursor)
        oldest_first = question.oldest_first
        first, last = low, high
        if question.stream_id is None and oldest_first:
            last = min(high, low + SCAN_EVENTS_MAX - 1)
        elif question.stream_id is None:
            first = max(low, high - SCAN_EVENTS_MAX + 1)
        if first > last:
            return AuditPage([], None)
        rows = await self._rows(tenant_id, question, first, last, limit + 1)
        fields = PersonalFields(
            tenant_id, await self._keys(tenant_id, rows) if personal else NO_KEYS
        )
        items = [_event(row, fields, personal=personal) for row in rows[:limit]]
        if len(rows) > limit:
            return AuditPage(items, items[-1].position)
        if (first, last) == (low, high):
            return AuditPage(items, None)
        return AuditPage(items, last if oldest_first else first)

    async def _keys(self, tenant_id: UUID, rows: Sequence[_Row]) -> Keys:
        persons = codec.persons((row.type, row.stream_id, row.data) for row in rows)
        return await self._vault.keys(self._database, tenant_id, persons) if persons else NO_KEYS

    async def _rows(
        self, tenant_id: UUID, question: AuditQuestion, first: int, last: int, limit: int
    ) -> list[_Row]:
        event_type = question.event_type
        begins = event_type is not None and event_type.endswith(".*")
        parameters = {
            "stream_id": question.stream_id,
            "low": first,
            "high": last,
            "acting": question.acting,
            "event_type": None if begins else event_type,
            "type_begins": event_type[:-1] if event_type is not None and begins else None,
            "limit": limit,
        }
        name = "oldest_first" if question.oldest_first else "newest_first"
        if question.stream_id is not None:
            name = f"stream_{name}"
        return await self._database.rows(tenant_id, SQL[name], parameters, _Row)

    async def _bounds(
        self, tenant_id: UUID, question: AuditQuestion, cursor: int | None
    ) -> tuple[int, int]:
        """The first and the last position that can be part of the answer."""
        head = await self.head(tenant_id)
        low, high = max(1, question.position_from or 1), head
        if question.position_until is not None:
            high = min(high, question.position_until)
        if question.recorded_from is not None:
            since = question.recorded_from
            low = max(low, await positions.at_or_after(self._database, tenant_id, since, head=head))
        if question.recorded_until is not None:
            until = question.recorded_until
            high = min(high, await positions.at(self._database, tenant_id, until, head=head))
        if cursor is not None and question.oldest_first:
            low = max(low, cursor + 1)
        elif cursor is not None:
            high = min(high, cursor - 1)
        return low, high


def _event(row: _Row, fields: PersonalFields, *, personal: bool) -> AuditEvent:
    at = (row.stream_id, row.version)
    return AuditEvent(
        position=row.position,
        event_id=row.event_id,
        type=row.type,
        schema=row.schema,
        stream_id=row.stream_id,
        version=row.version,
        actor=row.actor,
        recorded_at=row.recorded_at,
        command_id=row.command_id,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        metadata=fields.shown("", 1, row.metadata, at=at, personal=True),
        data=fields.shown(row.type, row.schema, row.data, at=at, personal=personal),
        digest=row.digest.hex(),
    )
