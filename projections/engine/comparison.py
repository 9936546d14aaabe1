"""Compares a generation with the one that answers, row by row, at the same position.

Both are read in one snapshot that has both checkpoints at the same position: rows and checkpoint
commit together, so each is exactly what its events make of it. Nobody waits for a comparison.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.rows import args_row, scalar_row, tuple_row

from infrastructure.database import BatchDatabase
from infrastructure.vault.vault import Vault
from projections.engine import generations, passed_over, reading
from projections.engine.alone import TABLES_LOST, TEMPORARY
from projections.engine.generations import Consumer
from projections.engine.reading import BATCH_EVENTS, SQL
from projections.engine.registry import NotPossible

SAMPLES = 20
SNAPSHOTS = 5
LEVEL_WAIT = "10s"
NOT_DAMAGE: tuple[type[Exception], ...] = tuple(set(TEMPORARY) - set(TABLES_LOST))


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not the same: its key behind the tenant, and which columns differ.

    `missing` from the live table, `surplus` in it, or `different`. Values are never told.
    """

    table: str
    kind: str
    key: list[Any]
    columns: list[str] = []


class Compared(msgspec.Struct, kw_only=True):
    """What a comparison of one projection of one tenant came to."""

    projection: str
    tenant_id: UUID
    position: int
    missing: int = 0
    surplus: int = 0
    different: int = 0
    lost: list[str] = []
    """Tables that answer and are not there."""
    samples: list[Difference] = []

    @property
    def differences(self) -> int:
        """Rows that are not the same; a table that is lost counts at least one."""
        return max(self.missing + self.surplus + self.different, len(self.lost))


class Pair(NamedTuple):
    """The same projection in the generation that answers and in the one in question."""

    live: Consumer
    made: Consumer


class _Found(NamedTuple):
    missing: int
    surplus: int
    different: int
    samples: list[Any]


def compare(
    database: BatchDatabase, pairs: Sequence[Pair], tenant_id: UUID, vault: Vault
) -> list[Compared]:
    """Every pair, each at one position; whichever lags behind is brought level first.

    A live one that can't be brought level, because its tables are damaged, counts as lost. One that
    is paused is not moved.

    Raises:
        NotPossible: a live one is paused, and the other has read on.
        Exception: the other can't take an event; whatever its projection raised.
    """
    done: list[Compared] = []
    left = list(pairs)
    for attempt in range(SNAPSHOTS + 1):
        compared, apart = _in_snapshot(database, left, tenant_id)
        done += compared
        left = []
        for pair in apart:
            try:
                level = _level(database, pair, tenant_id, vault, and_compare=attempt == SNAPSHOTS)
            except LiveDamaged as error:
                done.append(_lost(pair, tenant_id, error.position))
                continue
            if level is None:
                left.append(pair)
            else:
                done.append(level)
        if not left:
            break
    return done


class LiveDamaged(Exception):  # noqa: N818 - named for what is the matter
    """The generation that answers can't take an event that the other one takes."""

    def __init__(self, position: int) -> None:
        super().__init__(f"at position {position}")
        self.position = position


def _lost(pair: Pair, tenant_id: UUID, position: int) -> Compared:
    projection = pair.live.projection
    return Compared(
        projection=projection.name,
        tenant_id=tenant_id,
        position=position,
        lost=list(projection.tables),
    )


def _in_snapshot(
    database: BatchDatabase, pairs: Sequence[Pair], tenant_id: UUID
) -> tuple[list[Compared], list[Pair]]:
    """Those that stand level in one snapshot, compared; and the others."""
    done, left = [], []
    with database.connection() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with database.within(connection, tenant_id):
                at = _positions(connection, pairs, tenant_id)
                paused = _paused(connection, pairs, tenant_id)
                for pair in pairs:
                    position = at.get(pair.made.key, 0)
                    # One that never took an event, such as that of a new version, is as it is.
                    unread = pair.live.key not in at and position > BATCH_EVENTS
                    if pair.live.key.projection in paused:
                        unread = not at.get(pair.live.key)
                    if unread or at.get(pair.live.key, 0) == position:
                        done.append(_compare(connection, pair, tenant_id, position))
                    else:
                        left.append(pair)
        finally:
            connection.isolation_level = None
    return done, left


def _level(
    database: BatchDatabase,
    pair: Pair,
    tenant_id: UUID,
    vault: Vault,
    *,
    and_compare: bool,
) -> Compared | None:
    """Hold both, bring the one that is behind to where the other is, and compare if asked to."""
    with database.transaction(tenant_id) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [LEVEL_WAIT])
        both = {
            "tenant_id": tenant_id,
            **generations.columns([pair.live.key, pair.made.key]),
        }
        connection.execute(SQL["create_checkpoints"], both)
        connection.execute(SQL["hold_checkpoints"], both)
        at = _positions(connection, [pair], tenant_id)
        target = max(at.values())
        behind = {each: range(at[each.key], target) for each in pair}
        if behind[pair.live] and _paused(connection, [pair], tenant_id):
            raise NotPossible(
                f"{pair.live.projection.name} is paused for tenant {tenant_id} at position "
                f"{at[pair.live.key]}, and generation {pair.made.generation} has read on to "
                f"{target}: resume it, or drop that generation and build it anew"
            )
        _advance(connection, pair.made, tenant_id, behind[pair.made], vault)
        try:
            _advance(connection, pair.live, tenant_id, behind[pair.live], vault)
        except NOT_DAMAGE:
            raise
        except Exception as error:
            raise LiveDamaged(at[pair.live.key]) from error
        return _compare(connection, pair, tenant_id, target) if and_compare else None


def _advance(
    connection: Connection[Any],
    consumer: Consumer,
    tenant_id: UUID,
    span: range,
    vault: Vault,
) -> None:
    of = consumer.of(tenant_id)
    generations.enter(connection, consumer.schema)
    for position in span[::BATCH_EVENTS]:
        limit = min(BATCH_EVENTS, span.stop - position)
        over = passed_over.between(connection, tenant_id, position + 1, position + limit)
        unread = over.by_all([consumer])
        events = reading.events_after(connection, tenant_id, position, limit, vault, unread)
        if taken := over.taken(consumer, events):
            consumer.projection.apply(connection, tenant_id, taken)
        connection.execute(SQL["move_checkpoint"], {**of, "position": position + limit})


def _positions(
    connection: Connection[Any], pairs: Sequence[Pair], tenant_id: UUID
) -> dict[generations.Key, int]:
    of = generations.columns(consumer.key for pair in pairs for consumer in pair)
    cursor = connection.cursor(row_factory=tuple_row)
    rows = cursor.execute(SQL["positions"], {"tenant_id": tenant_id, **of}).fetchall()
    return {generations.Key(*key): position for *key, position in rows}


def _paused(connection: Connection[Any], pairs: Sequence[Pair], tenant_id: UUID) -> set[str]:
    cursor = connection.cursor(row_factory=scalar_row)
    of = {"tenant_id": tenant_id, "projections": [pair.live.projection.name for pair in pairs]}
    return set(cursor.execute(SQL["paused"], of).fetchall())


def _compare(connection: Connection[Any], pair: Pair, tenant_id: UUID, position: int) -> Compared:
    found = Compared(projection=pair.live.projection.name, tenant_id=tenant_id, position=position)
    for table in pair.live.projection.tables:
        parameters = {
            "tenant_id": tenant_id,
            "table": table,
            "live": pair.live.schema,
            "made": pair.made.schema,
            "samples": SAMPLES,
        }
        try:
            with connection.transaction():
                cursor = connection.cursor(row_factory=args_row(_Found))
                each = cursor.execute(SQL["differences"], parameters).fetchone()
        except (*TABLES_LOST, psycopg.errors.DatatypeMismatch, psycopg.errors.UndefinedColumn):
            found.lost.append(table)
            continue
        if each is not None:
            found.missing += each.missing
            found.surplus += each.surplus
            found.different += each.different
            found.samples += msgspec.convert(each.samples, list[Difference])
    return found
