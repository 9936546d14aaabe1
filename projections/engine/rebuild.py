"""Rebuilds read models from the log, beside those that answer, and compares the two.

Nothing here is kept in memory that a process would lose: how far a generation is stands in its
checkpoints, so a rebuild that was killed goes on where it stood.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol
from uuid import UUID

import msgspec
from psycopg.rows import scalar_row

from infrastructure.database import BatchDatabase
from infrastructure.event_log import tenants
from infrastructure.event_log.tenants import Tenant
from projections.engine import generations, refill, registry
from projections.engine.comparison import Compared
from projections.engine.projection import Projection
from projections.engine.registry import Generation, NotPossible, Registry
from projections.engine.tasks import Crew, Passed, Target, Task

SMALL_REST_EVENTS = 1_000
"""Fewer than that the generation takes in while it follows the log already."""
PASSES_MAX = 5
_DRIVER = 0x6D756E69  # "muni": the first half of the advisory lock of a generation's driver


class Make(Protocol):
    """Makes an empty generation and returns its number."""

    def __call__(
        self, projection: Projection, for_tenant: UUID | None, /, *, by: str, scratch: bool
    ) -> int: ...


class Built(msgspec.Struct, kw_only=True):
    """What a rebuild came to."""

    targets: list[Target]
    resumed: bool
    tenants: int = 0
    events: int = 0
    differing: list[Compared] = []

    @classmethod
    def of(cls, generation: Generation) -> "Built":
        """What there is of a generation that was begun before."""
        target = Target(
            projection=generation.projection,
            version=generation.version,
            generation=generation.generation,
        )
        return cls(targets=[target], resumed=True)

    @property
    def differences(self) -> dict[str, int]:
        """By projection, in how many rows the new generation differs from the live one."""
        found = dict.fromkeys((target.projection for target in self.targets), 0)
        for each in self.differing:
            found[each.projection] += each.differences
        return found


class Rebuild:
    """One rebuild of some projections, of one tenant's rows or of all."""

    def __init__(
        self,
        database: BatchDatabase,
        crew: Crew,
        *,
        by: str,
        make: Make | None = None,
    ) -> None:
        """`make` makes an empty generation, where the application's role can't or shouldn't."""
        self._database, self._crew, self._by = database, crew, by
        self._registry = Registry(database)
        self._make: Make = make or self._registry.create

    def begin(
        self, projections: Sequence[Projection], for_tenant: UUID | None, *, scratch: bool = False
    ) -> Built:
        """The generations to fill: those that a rebuild before left unfinished, or new ones.

        A scratch one is always new.

        Raises:
            NotPossible: one is no read model, or its tables can't be made.
        """
        refused = [each.name for each in projections if not each.tables]
        if refused:
            raise NotPossible(
                f"{', '.join(refused)}: no read model; its effects are never brought about again"
            )
        left = {
            each.name: None if scratch else self._unfinished(each, for_tenant)
            for each in projections
        }
        targets = [
            Target(
                projection=each.name,
                version=each.version,
                generation=left[each.name]
                or self._make(each, for_tenant, by=self._by, scratch=scratch),
            )
            for each in projections
        ]
        return Built(targets=targets, resumed=any(left.values()))

    def tenants(self, for_tenant: UUID | None) -> list[Tenant]:
        """Whose logs are read, the longest first."""
        with self._database.connection() as connection:
            found = tenants.every(connection)
        chosen = [each for each in found if for_tenant in {None, each.tenant_id}]
        return sorted(chosen, key=lambda each: -(each.position or 0))

    def fill(self, built: Built, for_tenant: UUID | None, passed: Passed) -> None:
        """Fill them up to the heads of the logs, or nearly so; what is paused, to where it stands.

        Raises:
            Poisoned: an event can't be taken.
            NotPossible: another process is at it.
        """
        with self._driving(built):
            for _ in range(PASSES_MAX):
                chosen = self.tenants(for_tenant)
                events = self._fill_once(built, chosen, passed)
                built.events += events
                built.tenants = len(chosen)
                if events < SMALL_REST_EVENTS:
                    return

    def finish(self, built: Built, projections: Sequence[Projection]) -> None:
        """Index them, and let them follow the log."""
        for target, projection in zip(built.targets, projections, strict=True):
            self._registry.finish(projection, target.generation)

    def compare(
        self,
        built: Built,
        projections: Sequence[Projection],
        for_tenant: UUID | None,
        passed: Passed,
    ) -> None:
        """Compare each with the one that answers, tenant by tenant at equal positions."""
        tasks = [
            Task(tenant_id=each.tenant_id, targets=tuple(built.targets), fill=False, compare=True)
            for each in self.tenants(for_tenant)
        ]
        built.differing = []
        for outcome in self._crew.do(tasks, lambda _count: None):
            built.differing += [each for each in outcome.compared if each.differences]
            passed(1)
        for target, projection in zip(built.targets, projections, strict=True):
            differences = built.differences[projection.name]
            self._registry.note_differences(projection, target.generation, differences)

    def take_as_lost(self, built: Built, projections: Sequence[Projection]) -> None:
        """There is nothing to compare with: what answers has lost its tables."""
        for target, projection in zip(built.targets, projections, strict=True):
            self._registry.note_differences(projection, target.generation, len(projection.tables))

    def scratch(
        self,
        built: Built,
        projections: Sequence[Projection],
        for_tenant: UUID | None,
        passed: Passed,
    ) -> None:
        """Fill each up to where the live one stands, compare, and drop what was made.

        Nothing that answers is touched, whatever it is that is wrong with it.
        """
        try:
            with self._driving(built):
                tasks = [
                    Task(
                        tenant_id=each.tenant_id,
                        targets=tuple(built.targets),
                        until_live=True,
                        compare=True,
                    )
                    for each in self.tenants(for_tenant)
                ]
                for outcome in self._crew.do(tasks, passed):
                    built.events += outcome.events
                    built.tenants += 1
                    built.differing += [each for each in outcome.compared if each.differences]
        finally:
            for target, projection in zip(built.targets, projections, strict=True):
                registry.insist(partial(self._registry.drop, projection, target.generation))

    def _fill_once(self, built: Built, chosen: Sequence[Tenant], passed: Passed) -> int:
        paused = refill.paused(self._database)
        tasks: list[Task] = []
        for tenant in chosen:
            still = [each for each in built.targets if paused(tenant.tenant_id, each.projection)]
            moved = [each for each in built.targets if each not in still]
            tasks += [
                Task(
                    tenant_id=tenant.tenant_id,
                    targets=tuple(targets),
                    until=tenant.position,
                    until_live=targets is still,
                )
                for targets in (moved, still)
                if targets and tenant.position
            ]
        return sum(outcome.events for outcome in self._crew.do(tasks, passed))

    def _unfinished(self, projection: Projection, for_tenant: UUID | None) -> int | None:
        left: list[Generation] = [
            each
            for each in self._registry.of(projection, "building")
            if each.for_tenant == for_tenant
            and not each.scratch
            and each.schema_name == generations.schema(each.generation)
        ]
        return left[-1].generation if left else None

    @contextmanager
    def _driving(self, built: Built) -> Iterator[None]:
        """The exclusive right to fill them; it goes with its connection."""
        with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            taken: list[int] = []
            try:
                for target in built.targets:
                    lock = [_DRIVER, target.generation]
                    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", lock)
                    if not cursor.fetchone():
                        raise NotPossible(
                            f"another process is rebuilding {target.projection}: wait for it, or "
                            "cancel its rebuild"
                        )
                    taken.append(target.generation)
                yield
            finally:
                for generation in taken:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_DRIVER, generation])
