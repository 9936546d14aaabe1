"""Fills generations of read models from one tenant's log, fast and with the same handlers.

The log is read once for all of them. A `RowFold` keeps its rows in memory and writes the final
ones; what doesn't fit is written earlier and read back when an event asks for it. Rows and
checkpoints commit together, so a fill that is killed goes on where it stood. Rows are written by
statements, not by COPY, which row-level security forbids: tenants are apart from the first row on.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from application.recorded import RecordedEvent
from infrastructure.database import BatchDatabase
from infrastructure.event_log.store import SQL as LOG
from infrastructure.vault.vault import Vault
from projections.engine import generations, passed_over, reading
from projections.engine.alone import TEMPORARY
from projections.engine.generations import Consumer
from projections.engine.projection import Projection
from projections.engine.reading import SQL, LogNotContiguous
from projections.engine.row_fold import RowFold

READ_EVENTS = 2_000
ROWS_IN_MEMORY = 20_000
EVENTS_IN_MEMORY = 5_000
"""Of those that a projection takes as they are."""
EVENTS_A_COMMIT = 100_000


class Poisoned(Exception):  # noqa: N818 - named for what is the matter
    """A projection can't take an event; a rebuild ends there."""

    def __init__(self, projection: str, tenant_id: UUID, position: int, reason: str) -> None:
        super().__init__(
            f"{projection} can't take the event at position {position} of tenant {tenant_id}: "
            f"{reason}"
        )
        self.tenant_id = tenant_id
        self._all = projection, tenant_id, position, reason

    def __reduce__(self) -> tuple[Any, ...]:
        """How it comes back from another process."""
        return type(self), self._all


class Superseded(Exception):  # noqa: N818 - named for what is the matter
    """Another fill is at the same generation, or it was cancelled."""


def fill(
    database: BatchDatabase,
    consumers: Sequence[Consumer],
    tenant_id: UUID,
    *,
    vault: Vault,
    until: int | None = None,
    passed: Callable[[int], None] = lambda _count: None,
) -> int:
    """Bring generations that nothing else drives up to a position, or the head; how many events.

    Raises:
        Poisoned: an event can't be taken.
        Superseded: somebody else moved a checkpoint.
        psycopg.OperationalError, Unavailable, LogNotContiguous: as `alone.catch_up`.
    """
    groups: dict[int, list[Consumer]] = {}
    positions = reached(database, consumers, tenant_id)
    for consumer in consumers:
        groups.setdefault(positions[consumer], []).append(consumer)
    if until is None:
        until = _head(database, tenant_id)
    events = 0
    for start in sorted(groups):
        if start < until:
            filling = _Filling(database, groups[start], tenant_id, start, vault)
            try:
                events += filling.run(until, passed)
            except (*TEMPORARY, Superseded):
                raise
            except Exception as error:
                raise _poison(database, groups[start], tenant_id, until, vault) or error from error
    return events


def reached(
    database: BatchDatabase, consumers: Sequence[Consumer], tenant_id: UUID
) -> dict[Consumer, int]:
    """Where each one's checkpoint stands; 0 where it has none."""
    of = generations.columns(each.key for each in consumers)
    with database.transaction(tenant_id) as connection:
        rows = connection.execute(SQL["positions"], {"tenant_id": tenant_id, **of}).fetchall()
    found = {generations.Key(*key): position for *key, position in rows}
    return {each: found.get(each.key, 0) for each in consumers}


class _Filling:
    """Several generations that stand at the same position, on their way through one log."""

    def __init__(
        self,
        database: BatchDatabase,
        consumers: Sequence[Consumer],
        tenant_id: UUID,
        start: int,
        vault: Vault,
    ) -> None:
        self._database, self._tenant_id, self._start = database, tenant_id, start
        self._vault = vault
        self._takers = [_taker(each, tenant_id, start) for each in consumers]

    def run(self, until: int, passed: Callable[[int], None]) -> int:
        """Take everything up to `until`."""
        position = began = self._start
        while position < until:
            limit = min(READ_EVENTS, until - position)
            with self._database.transaction(self._tenant_id) as connection:
                over = passed_over.between(
                    connection, self._tenant_id, position + 1, position + limit
                )
                unread = over.by_all(taker.consumer for taker in self._takers)
                events = reading.events_after(
                    connection, self._tenant_id, position, limit, self._vault, unread
                )
                if len(events) < limit:
                    at = position + len(events) + 1
                    raise LogNotContiguous(f"{self._tenant_id}: position {at} is missing")
                for taker in self._takers:
                    taker.prepare(connection, events)
            for taker in self._takers:
                left = over.left(taker.consumer, events) if over.skipped else events
                taker.take(left)
            position = events[-1].position
            full = any(taker.is_full for taker in self._takers)
            if full or position == until or position - self._start >= EVENTS_A_COMMIT:
                self._commit(position)
            passed(len(events))
        return until - began

    def _commit(self, position: int) -> None:
        of = {
            "tenant_id": self._tenant_id,
            "start": self._start,
            "position": position,
            **generations.columns(taker.consumer.key for taker in self._takers),
        }
        with self._database.transaction(self._tenant_id) as connection:
            moved = connection.execute(SQL["fill_checkpoints"], of)
            if moved.rowcount != len(self._takers):
                raise Superseded("another rebuild is at this generation, or it was cancelled")
            for taker in self._takers:
                generations.enter(connection, taker.consumer.schema)
                taker.write(connection)
        for taker in self._takers:
            taker.forget()
        self._start = position


class _Batches:
    """Keeps the events and hands them to the projection at once."""

    def __init__(self, consumer: Consumer, tenant_id: UUID) -> None:
        self.consumer, self._tenant_id = consumer, tenant_id
        self._events: list[RecordedEvent] = []

    def prepare(self, connection: Any, events: Sequence[RecordedEvent]) -> None:
        """Nothing to read."""

    def take(self, events: Sequence[RecordedEvent]) -> None:
        """Keep those that it handles."""
        handled = self.consumer.projection.handlers
        self._events += [each for each in events if type(each.event) in handled]

    @property
    def is_full(self) -> bool:
        return len(self._events) >= EVENTS_IN_MEMORY

    def write(self, connection: Any) -> None:
        """Apply them."""
        if self._events:
            self.consumer.projection.apply(connection, self._tenant_id, self._events)

    def forget(self) -> None:
        """They are written."""
        self._events = []


class _Rows:
    """Folds rows in memory."""

    def __init__(self, consumer: Consumer, fold: RowFold[Any], tenant_id: UUID, start: int) -> None:
        self.consumer, self._fold, self._tenant_id = consumer, fold, tenant_id
        self._rows: dict[UUID, Any] = {}
        self._in_table: set[UUID] = set()
        self._table_empty = start == 0

    def prepare(self, connection: Any, events: Sequence[RecordedEvent]) -> None:
        """Read the rows that are in the table and not in memory."""
        if self._table_empty:
            return
        keys = {self._fold.key(each) for each in events if self._fold.takes(each)}
        missing = list(keys - self._rows.keys())
        if missing:
            generations.enter(connection, self.consumer.schema)
            found = self._fold.read_rows(connection, self._tenant_id, missing)
            self._in_table |= found.keys()
            self._rows |= found

    def take(self, events: Sequence[RecordedEvent]) -> None:
        """Fold them."""
        self._fold.fold(self._rows, events)

    @property
    def is_full(self) -> bool:
        return len(self._rows) >= ROWS_IN_MEMORY

    def write(self, connection: Any) -> None:
        """The rows as they are now."""
        gone = [key for key in self._in_table if self._rows[key] is None]
        self._fold.write_rows(connection, self._tenant_id, self._rows.values(), gone)

    def forget(self) -> None:
        """They are written."""
        self._table_empty = False
        self._rows, self._in_table = {}, set()


def _taker(consumer: Consumer, tenant_id: UUID, start: int) -> _Rows | _Batches:
    projection = consumer.projection
    if isinstance(projection, RowFold) and type(projection).apply is RowFold.apply:
        return _Rows(consumer, projection, tenant_id, start)
    return _Batches(consumer, tenant_id)


def _head(database: BatchDatabase, tenant_id: UUID) -> int:
    with database.transaction(tenant_id) as connection:
        row = connection.execute(LOG["head"], {"tenant_id": tenant_id}).fetchone()
    return int(row[0]) if row else 0


def _poison(
    database: BatchDatabase,
    consumers: Sequence[Consumer],
    tenant_id: UUID,
    until: int,
    vault: Vault,
) -> Poisoned | None:
    """Which event it was: each again alone, in a transaction that is undone."""
    for consumer, position in reached(database, consumers, tenant_id).items():
        found = _first_refused(database, consumer, tenant_id, range(position + 1, until + 1), vault)
        if found is not None:
            return found
    return None


def _first_refused(
    database: BatchDatabase,
    consumer: Consumer,
    tenant_id: UUID,
    positions: range,
    vault: Vault,
) -> Poisoned | None:
    projection: Projection = consumer.projection
    with (
        database.transaction(tenant_id) as connection,
        connection.transaction(force_rollback=True),
    ):
        generations.enter(connection, consumer.schema)
        over = passed_over.between(connection, tenant_id, positions.start, positions.stop)
        for at in positions:
            if over.is_skipped(consumer, at):
                continue
            try:
                with connection.transaction():
                    events = reading.events_after(connection, tenant_id, at - 1, 1, vault)
                    if events and projection.takes(events[0]):
                        projection.apply(connection, tenant_id, events)
            except TEMPORARY:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this event
                return Poisoned(projection.name, tenant_id, at, type(error).__name__)
    return None
