"""What administrators have ruled, from the platform's log: `read.pauses`, `read.skipped_events`.

Both tables are derived from it like any read model. A recovery brings them back before it reads a
tenant's log, so that it neither moves what was paused nor takes in what was skipped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import args_row, scalar_row

from application.recorded import RecordedEvent
from domain.ids import PLATFORM
from domain.platform.events import DeadLetterSkipped, ProjectionPaused, ProjectionResumed
from infrastructure.database import SET_TENANT, BatchDatabase
from infrastructure.event_log.rows import EventRow
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS
from projections.engine import reading
from projections.engine.registry import EVERYONE

SQL = Queries(__package__, "rulings.sql")

TYPES = [each.TYPE for each in (ProjectionPaused, ProjectionResumed, DeadLetterSkipped)]


class Pause(NamedTuple):
    """Whom a pause is for: a projection of one tenant, or with `EVERYONE` of all."""

    projection: str
    for_tenant: UUID


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of the two tables were not as the platform's log says."""

    pauses: int = 0
    skipped: int = 0

    @property
    def rows(self) -> int:
        """Of both together."""
        return self.pauses + self.skipped


class _Rulings(NamedTuple):
    """All that holds, and up to which position of the platform's log that was read."""

    pauses: dict[Pause, RecordedEvent]
    skipped: dict[UUID, list[RecordedEvent]]
    position: int


def from_log(database: BatchDatabase) -> Changed:
    """Make both tables what the platform's log says; what it says of no event is left out.

    Whoever pauses, resumes or skips meanwhile has it on record first, and so it holds in the end.
    """
    pauses = skipped = 0
    read_to = -1
    while True:
        with database.connection() as connection, connection.transaction():
            found = _read(connection)
            if found.position == read_to:
                return Changed(pauses=pauses, skipped=skipped)
            changed = _apply(connection, found)
        read_to = found.position
        pauses, skipped = pauses + changed.pauses, skipped + changed.skipped


def bring_into_force(connection: Connection[Any]) -> Changed:
    """The same once, within a transaction of the caller's: nobody sees the tables without them."""
    return _apply(connection, _read(connection))


def compare(database: BatchDatabase) -> Changed:
    """What `from_log` would change."""
    with database.connection() as connection, connection.transaction():
        found = _read(connection)
        rows = connection.cursor(row_factory=args_row(Pause)).execute(SQL["pauses"]).fetchall()
        missing = _each_tenant(connection, found, "not_skipped")
    return Changed(pauses=len(set(rows) ^ found.pauses.keys()), skipped=missing)


def _read(connection: Connection[Any]) -> _Rulings:
    connection.execute(SET_TENANT, [str(PLATFORM)])
    cursor = connection.cursor(row_factory=args_row(EventRow), binary=True)
    rows = cursor.execute(SQL["rulings"], {"tenant_id": PLATFORM, "types": TYPES}).fetchall()
    return _fold(reading.decoded(row, NO_KEYS) for row in rows)


def _apply(connection: Connection[Any], found: _Rulings) -> Changed:
    cursor = connection.cursor(row_factory=scalar_row)
    pauses = cursor.execute(SQL["keep_pauses"], _columns(found.pauses)).fetchone() or 0
    return Changed(pauses=pauses, skipped=_each_tenant(connection, found, "keep_skipped"))


def _each_tenant(connection: Connection[Any], found: _Rulings, query: str) -> int:
    """The numbers that a query about its skipped events gives for each tenant, summed."""
    total = 0
    for tenant_id, events in found.skipped.items():
        connection.execute(SET_TENANT, [str(tenant_id)])
        cursor = connection.cursor(row_factory=scalar_row)
        total += cursor.execute(SQL[query], _skipped(tenant_id, events)).fetchone() or 0
    return total


def _fold(events: Iterable[RecordedEvent]) -> _Rulings:
    pauses: dict[Pause, RecordedEvent] = {}
    skipped: dict[UUID, list[RecordedEvent]] = {}
    position = 0
    for recorded in events:
        position = recorded.position
        match recorded.event:
            case ProjectionPaused(projection=name, tenant_id=tenant_id):
                pauses.setdefault(Pause(name, tenant_id or EVERYONE), recorded)
            case ProjectionResumed(projection=name, tenant_id=tenant_id):
                pauses.pop(Pause(name, tenant_id or EVERYONE), None)
            case DeadLetterSkipped(tenant_id=tenant_id):
                skipped.setdefault(tenant_id, []).append(recorded)
    return _Rulings(pauses, skipped, position)


def _columns(pauses: dict[Pause, RecordedEvent]) -> dict[str, Sequence[object]]:
    return {
        "projections": [pause.projection for pause in pauses],
        "tenants": [pause.for_tenant for pause in pauses],
        "by": [recorded.actor for recorded in pauses.values()],
        "at": [recorded.recorded_at for recorded in pauses.values()],
    }


def _skipped(tenant_id: UUID, events: Sequence[RecordedEvent]) -> dict[str, object]:
    facts = [each.event for each in events if isinstance(each.event, DeadLetterSkipped)]
    at: list[datetime] = [each.recorded_at for each in events]
    return {
        "tenant_id": tenant_id,
        "projections": [fact.projection for fact in facts],
        "positions": [fact.position for fact in facts],
        "stream_ids": [fact.stream_id for fact in facts],
        "dead_letter_ids": [fact.dead_letter_id for fact in facts],
        "at": at,
    }
