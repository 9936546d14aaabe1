"""What administrators have ruled, from the platform's log: `read.pauses`, `read.skipped_events`.

Both tables are derived from it like any read model. A recovery brings them back before it reads a
tenant's log, so that it neither moves what was paused nor takes in what was skipped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from psycopg.rows import args_row, scalar_row

from application.recorded import RecordedEvent
from domain.ids import PLATFORM
from domain.platform.events import DeadLetterSkipped, ProjectionPaused, ProjectionResumed
from infrastructure.database import BatchDatabase
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
    while (found := _read(database)).position > read_to:
        read_to = found.position
        with database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            pauses += cursor.execute(SQL["keep_pauses"], _columns(found.pauses)).fetchone() or 0
        for tenant_id, events in found.skipped.items():
            with database.transaction(tenant_id) as connection:
                parameters = _skipped(tenant_id, events)
                skipped += connection.execute(SQL["keep_skipped"], parameters).rowcount
    return Changed(pauses=pauses, skipped=skipped)


def compare(database: BatchDatabase) -> Changed:
    """What `from_log` would change."""
    found = _read(database)
    with database.connection() as connection:
        rows = connection.cursor(row_factory=args_row(Pause)).execute(SQL["pauses"]).fetchall()
    missing = 0
    for tenant_id, events in found.skipped.items():
        with database.transaction(tenant_id) as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            parameters = _skipped(tenant_id, events)
            missing += cursor.execute(SQL["not_skipped"], parameters).fetchone() or 0
    return Changed(pauses=len(set(rows) ^ found.pauses.keys()), skipped=missing)


def _read(database: BatchDatabase) -> _Rulings:
    with database.transaction(PLATFORM) as connection:
        cursor = connection.cursor(row_factory=args_row(EventRow), binary=True)
        parameters = {"tenant_id": PLATFORM, "types": TYPES}
        rows = cursor.execute(SQL["rulings"], parameters).fetchall()
    return _fold(reading.decoded(row, NO_KEYS) for row in rows)


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
