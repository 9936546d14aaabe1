"""The work of a rebuild, cut by tenant so that any number of processes can share it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

import msgspec
import psycopg
import psycopg_pool
from psycopg.rows import scalar_row

from infrastructure.database import BatchDatabase
from infrastructure.vault.vault import Vault
from projections.engine import comparison, fill
from projections.engine.comparison import Compared, Pair
from projections.engine.generations import Consumer
from projections.engine.projection import Projection
from projections.engine.registry import SQL

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.5

Passed = Callable[[int], None]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A generation of one projection."""

    projection: str
    version: int
    generation: int
    into: str | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Fill some generations from one tenant's log, and compare them if asked to."""

    tenant_id: UUID
    targets: tuple[Target, ...]
    until: int | None = None
    until_live: bool = False
    """No further than the generations that answer, which are not moved; up to `until`, if given,
    where those have not read anything."""
    fill: bool = True
    compare: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a task came to."""

    tenant_id: UUID
    events: int = 0
    compared: list[Compared] = []


class Crew(Protocol):
    """Whoever does tasks: this thread, or processes."""

    def do(self, tasks: Sequence[Task], passed: Passed) -> Iterator[Outcome]:
        """Each task's outcome, in any order; `passed` hears of events as they are taken in.

        Raises:
            Exception: what the first task that failed raised. Those not begun are not done.
        """


class Workshop(NamedTuple):
    """What doing tasks takes."""

    database: BatchDatabase
    projections: Sequence[Projection]
    vault: Vault


class Alone:
    """Does tasks in the calling thread."""

    def __init__(self, workshop: Workshop) -> None:
        self._database, projections, self._vault = workshop
        self._projections = {(each.name, each.version): each for each in projections}

    def do(self, tasks: Sequence[Task], passed: Passed) -> Iterator[Outcome]:
        """One after the other."""
        for task in tasks:
            yield self.one(task, passed)

    def one(self, task: Task, passed: Passed) -> Outcome:
        """Do one task; a database that is away is waited for."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._one(task, passed)
            except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE_SECONDS)

    def _one(self, task: Task, passed: Passed) -> Outcome:
        consumers = [self._consumer(target) for target in task.targets]
        events = 0
        if task.fill:
            for group, until in self._ends(task, consumers):
                events += fill.fill(
                    self._database,
                    group,
                    task.tenant_id,
                    vault=self._vault,
                    until=until,
                    passed=passed,
                )
        compared: list[Compared] = []
        if task.compare:
            pairs = [Pair(self._live(each, task.tenant_id), each) for each in consumers]
            compared = comparison.compare(self._database, pairs, task.tenant_id, self._vault)
        return Outcome(tenant_id=task.tenant_id, events=events, compared=compared)

    def _ends(
        self, task: Task, consumers: Sequence[Consumer]
    ) -> Iterator[tuple[list[Consumer], int | None]]:
        """Which consumers to fill up to where."""
        if not task.until_live:
            yield list(consumers), task.until
            return
        live = {each: self._live(each, task.tenant_id) for each in consumers}
        positions = fill.reached(self._database, list(live.values()), task.tenant_id)
        for position in sorted(set(positions.values())):
            group = [each for each in consumers if positions[live[each]] == position]
            yield group, position or task.until or 0

    def _consumer(self, target: Target) -> Consumer:
        projection = self._projections[target.projection, target.version]
        return Consumer(projection, target.generation, target.into)

    def _live(self, consumer: Consumer, tenant_id: UUID) -> Consumer:
        parameters = {
            "tenant_id": tenant_id,
            "projection": consumer.projection.name,
            "version": consumer.projection.version,
        }
        with self._database.connection() as connection:
            cursor: psycopg.Cursor[int] = connection.cursor(row_factory=scalar_row)
            found = cursor.execute(SQL["serving_generation"], parameters).fetchone()
        return Consumer(consumer.projection, found or 0)
