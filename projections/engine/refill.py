"""Fills the first generation of every projection after a restore, before any worker does.

For as long as it takes, that generation counts as being built: no worker follows the log with it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg

from infrastructure.database import BatchDatabase
from infrastructure.sql import Queries
from projections.engine import alone, generations, reading
from projections.engine.fill import Poisoned
from projections.engine.generations import Consumer
from projections.engine.projection import Projection
from projections.engine.registry import EVERYONE
from projections.engine.tasks import Crew, Passed, Target, Task, Workshop

SQL = Queries(__package__, "refill.sql")


@contextmanager
def held(admin_url: str, projections: Sequence[Projection], *, by: str) -> Iterator[None]:
    """Nobody but this fills them. What ends in an error stays held, until it is done again."""
    names = reading.names((each.name, each.version) for each in projections)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        with connection.transaction():
            connection.execute(SQL["act_as_owner"])
            connection.execute(SQL["hold"], {"by": by, **names})
        yield
        with connection.transaction():
            connection.execute(SQL["act_as_owner"])
            connection.execute(SQL["release"])


def to(
    crew: Crew,
    ends: Iterable[tuple[UUID, Sequence[Projection], int | None]],
    passed: Passed,
    into: str | None = None,
) -> int:
    """Bring projections of a tenant up to a position, or the head; how many events that were.

    `into` is the schema of their tables, where it is not that of the first generation.
    """
    tasks = [
        Task(
            tenant_id=tenant_id,
            targets=tuple(_target(each, into) for each in projections),
            until=until,
        )
        for tenant_id, projections, until in ends
    ]
    return sum(outcome.events for outcome in crew.do(tasks, passed))


def paused(database: BatchDatabase) -> Callable[[UUID, str], bool]:
    """Tells whether a projection, by its name, stands still for a tenant."""
    with database.connection() as connection:
        rows = set(connection.execute(SQL["pauses"]).fetchall())
    return lambda tenant_id, name: bool(rows & {(name, tenant_id), (name, EVERYONE)})


def to_heads(
    workshop: Workshop,
    crew: Crew,
    tenants: Sequence[UUID],
    passed: Passed,
    stays: Callable[[UUID, str], bool],
    into: str | None = None,
) -> None:
    """Bring every projection to the end of every log; streams that it can't take are parked.

    `stays` tells which projection of which tenant is left where it is; `into` as above.
    """
    moved = {
        tenant_id: [each for each in workshop.projections if not stays(tenant_id, each.name)]
        for tenant_id in tenants
    }
    everything = [(tenant_id, chosen, None) for tenant_id, chosen in moved.items()]
    while True:
        try:
            to(crew, everything, passed, into)
        except Poisoned as poisoned:
            for projection in moved[poisoned.tenant_id]:
                consumer = Consumer(projection, into=into)
                alone.catch_up(
                    workshop.database, consumer, poisoned.tenant_id, vault=workshop.vault
                )
        else:
            return


def _target(projection: Projection, into: str | None) -> Target:
    return Target(
        projection=projection.name,
        version=projection.version,
        generation=generations.FIRST,
        into=into,
    )
