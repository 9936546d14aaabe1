"""Brings every projection of a tenant up to the head of its log.

Each batch is one transaction: take the checkpoints' rows (whoever holds one is its single writer),
read on from them, assert that nothing is missing, apply, move the checkpoints. So a wake-up message
may be lost, doubled or late without harm.
"""

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from psycopg import Connection
from psycopg.rows import scalar_row

from application.jobs import Job
from infrastructure.database import BatchDatabase
from infrastructure.event_log.store import SQL as LOG
from infrastructure.vault.vault import Vault
from projections.engine import alone, generations, passed_over, reading
from projections.engine.generations import Consumer, Key
from projections.engine.projection import Projection
from projections.engine.reading import BATCH_EVENTS, SLOW_BATCH_EVENTS, SQL, CaughtUp

log = structlog.get_logger(__name__)


class Runner:
    """Runs projections for one tenant at a time; safe in any number of threads and processes."""

    def __init__(
        self,
        database: BatchDatabase,
        projections: Sequence[Projection],
        vault: Vault,
        *,
        moved: Callable[[UUID], None] = lambda _: None,
    ) -> None:
        """Run `projections`.

        Args:
            database: where the log and the read models are.
            projections: each with a name and version of its own.
            vault: opens what is personal in events.
            moved: told the tenant whenever some of its checkpoints have moved.
        """
        self._database = database
        self._moved = moved
        self._vault = vault
        self._projections = {(each.name, each.version): each for each in projections}

    def run(self, tenant_id: UUID, *, until: float = math.inf) -> CaughtUp:
        """Bring every projection that is behind up to the head, within a turn.

        The turn ends with the first batch that is done when `time.monotonic()` has come to `until`.

        Those that stand at the same position go in step, in one transaction and over one reading
        of the log. One that fails, or is behind the others, goes alone.

        Raises:
            psycopg.OperationalError, Unavailable, LogNotContiguous: as `alone.catch_up`, after
                every projection had its turn.
        """
        total = CaughtUp()
        stopped: Exception | None = None
        while behind := self._behind(tenant_id):
            events_before = total.events
            try:
                step = self._in_step(behind, tenant_id, total)
            except Exception as error:  # noqa: BLE001 - whoever it was, alone it will show
                log.warning("projections.go_alone", reason=type(error).__name__)
                step = _Step(behind)
            if total.events > events_before:
                self._moved(tenant_id)
            stopped = self._each_alone(step, tenant_id, total, until) or stopped
            if step.at_head or total.events == events_before:
                break  # what comes later wakes for itself; others who are at it will look again
            if time.monotonic() >= until:
                total.more = True
                break
        if stopped is not None:
            raise stopped
        return total

    def catch_up(
        self,
        projection: Projection,
        tenant_id: UUID,
        *,
        batch_events: int = BATCH_EVENTS,
        until: float = math.inf,
    ) -> CaughtUp:
        """Bring the first generation of one projection up to the head; see `alone.catch_up`."""
        return alone.catch_up(
            self._database,
            Consumer(projection),
            tenant_id,
            vault=self._vault,
            batch_events=batch_events,
            until=until,
        )

    def knows(self, tenant_id: UUID) -> bool:
        """Whether there is a log of this tenant."""
        with self._database.transaction(tenant_id) as connection:
            return connection.execute(LOG["head"], {"tenant_id": tenant_id}).fetchone() is not None

    def tenants_behind(self, *, limit: int = 500) -> list[UUID]:
        """Tenants with an event that some projection has not read and may read now.

        Those first that one batch brings up to date, then whoever has waited longest.
        """
        with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            parameters = {**reading.names(self._projections), "limit": limit}
            return cursor.execute(SQL["tenants_behind"], parameters).fetchall()

    def _behind(self, tenant_id: UUID) -> list[Consumer]:
        names = reading.names(self._projections)
        found = self._database.rows(tenant_id, SQL["behind"], names, Key)
        return [self._consumer(key) for key in found]

    def _consumer(self, key: Key) -> Consumer:
        return Consumer(self._projections[key.projection, key.version], key.generation)

    def _in_step(self, behind: Sequence[Consumer], tenant_id: UUID, total: CaughtUp) -> "_Step":
        """One batch for those in front."""
        of = {"tenant_id": tenant_id, **generations.columns(each.key for each in behind)}
        with self._database.transaction(tenant_id) as connection:
            locked = connection.execute(SQL["lock_checkpoints"], of).fetchall()
            if len(locked) < len(behind):
                connection.execute(SQL["create_checkpoints"], of)
                locked = connection.execute(SQL["lock_checkpoints"], of).fetchall()
            if not locked:
                total.busy = True
                return _Step([])
            at = {self._consumer(Key(*key)): position for *key, _, position in locked}
            late = {self._consumer(Key(*key)) for *key, timed_out, _ in locked if timed_out}
            quick = {
                each: place
                for each, place in at.items()
                if not each.projection.slow and each not in late
            }
            front = max(quick.values(), default=-1)
            chosen = [each for each in at if at[each] == front and each not in late]
            jobs, passed, moved = self._apply(connection, tenant_id, front, chosen)
        total.add(CaughtUp(events=passed, jobs=jobs))
        return _Step(
            left=[each for each in at if each not in moved],
            late=late,
            at_head=0 < passed < BATCH_EVENTS and len(locked) == len(behind),
        )

    def _apply(
        self,
        connection: Connection[Any],
        tenant_id: UUID,
        front: int,
        chosen: Sequence[Consumer],
    ) -> tuple[list[Job], int, list[Consumer]]:
        """The jobs, how many events were passed, and who has passed them.

        A slow projection is among those where it takes none of the events.
        """
        if all(each.projection.slow for each in chosen):
            return [], 0, []
        events = reading.events_after(connection, tenant_id, front, BATCH_EVENTS, self._vault)
        if not events:
            return [], 0, list(chosen)
        passed = passed_over.between(connection, tenant_id, front + 1, events[-1].position)
        jobs: list[Job] = []
        entered = generations.schema(generations.FIRST)
        moved: list[Consumer] = []
        for consumer in sorted(chosen, key=lambda each: each.generation):
            taken = passed.taken(consumer, events)
            if taken and consumer.projection.slow:
                continue
            moved.append(consumer)
            if taken:
                if consumer.schema != entered:
                    entered = consumer.schema
                    generations.enter(connection, entered)
                jobs += consumer.projection.apply(connection, tenant_id, taken)
        of = {
            "tenant_id": tenant_id,
            "position": events[-1].position,
            **generations.columns(each.key for each in moved),
        }
        connection.execute(SQL["move_checkpoints"], of)
        return jobs, len(events), moved

    def _each_alone(
        self, step: "_Step", tenant_id: UUID, total: CaughtUp, until: float
    ) -> Exception | None:
        """Each that is left has its turn, whatever becomes of the others; what stopped one."""
        stopped: Exception | None = None
        for consumer in step.left:
            size = SLOW_BATCH_EVENTS if consumer.projection.slow else BATCH_EVENTS
            try:
                done = alone.catch_up(
                    self._database,
                    consumer,
                    tenant_id,
                    vault=self._vault,
                    batch_events=size,
                    one_by_one=consumer in step.late,
                    until=until,
                )
            except alone.TEMPORARY as error:
                stopped = error
                continue
            total.add(done)
            if done.events:
                self._moved(tenant_id)
        return stopped


class _Step(NamedTuple):
    """What is left for each to do alone, after one batch of those in front."""

    left: Sequence[Consumer]
    late: Collection[Consumer] = ()
    """Those that timed out when they were tried last."""
    at_head: bool = False
    """Whether nobody has more to read, so far as can be told."""
