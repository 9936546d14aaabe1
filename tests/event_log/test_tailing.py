"""Whoever reads on from where he stopped misses nothing, in whatever order events are committed."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from application.jobs import Job
from application.recorded import RecordedEvent
from domain.documents.events import KnowledgeBaseCreated
from domain.ids import TenantId
from infrastructure.database import BatchDatabase
from infrastructure.event_log import snapshot
from infrastructure.event_log.reading import LogReader
from infrastructure.sql import Queries
from projections.engine.projection import Projection, on
from projections.engine.runner import Runner
from tests.event_log import filled, logs, open_appends
from tests.event_log.open_appends import Ending, Writer
from tests.servers import Database
from tests.vaults import VAULT

WRITERS = 3
ENDINGS: tuple[tuple[Ending, ...], ...] = (
    ("commit", "commit", "commit"),
    ("commit", "rollback", "commit"),
    ("kill", "commit", "commit"),
    ("commit", "kill", "rollback"),
)
# Each letter is the end of one open append of that tenant: all orders in which they can meet.
ORDERS = sorted(set(itertools.permutations("AAABBB")))


class Noting(Projection):
    """Notes the position of every event that the engine gives it."""

    name = "noting"
    version = 1
    queries = Queries("projections.engine", "engine.sql")
    tables = ()

    def __init__(self) -> None:
        self.seen: dict[UUID, list[int]] = {}

    @on(KnowledgeBaseCreated)
    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        self.seen.setdefault(tenant_id, []).extend(each.position for each in events)
        return ()


class Readers:
    """A projection run by the engine, and the reader behind `muniment events tail`."""

    def __init__(self, database: Database) -> None:
        self._batch = BatchDatabase(database.app_url, size_max=1)
        self._batch.open()
        self._noting = Noting()
        self._runner = Runner(self._batch, [self._noting], VAULT)
        self._connection = snapshot.connect(database.app_url)
        self._tailed: dict[UUID, list[int]] = {}

    def read(self, tenant: TenantId) -> None:
        """Go on from where each of them stopped."""
        self._runner.run(tenant)
        tailed = self._tailed.setdefault(tenant, [])
        log = LogReader(self._connection, tenant)
        tailed += [event.position for event in log.after(tailed[-1] if tailed else 0)]

    def seen(self, tenant: TenantId) -> list[list[int]]:
        """What each has read, in the order in which it did."""
        return [self._noting.seen.get(tenant, []), self._tailed.get(tenant, [])]

    def close(self) -> None:
        self._connection.close()
        self._batch.close()


@contextmanager
def reading(database: Database) -> Iterator[tuple[Readers, Connection[Any]]]:
    with (
        closing(Readers(database)) as readers,
        psycopg.connect(database.admin_url, autocommit=True) as admin,
    ):
        yield readers, admin


def missed(seen: Sequence[int], committed: Sequence[int]) -> list[int]:
    """The events that a reader passed over. It fails if he read one that is not there, or twice."""
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(committed)
    return sorted(set(committed) - set(seen))


def committed(admin: Connection[Any], tenant: TenantId) -> dict[UUID, int]:
    rows = admin.execute(
        "SELECT command_id, position FROM log.events WHERE tenant_id = %s", [tenant]
    )
    return dict(rows.fetchall())


@pytest.mark.parametrize("endings", ENDINGS, ids="-".join)
def test_a_reader_tailing_misses_nothing_whatever_order_transactions_commit_in(
    database: Database, endings: Sequence[Ending]
) -> None:
    with reading(database) as (readers, admin):
        for order in ORDERS if set(endings) == {"commit"} else ORDERS[::3]:
            tenants = {name: logs.tenant() for name in "AB"}
            filled.more(database, tenants["B"], 2)  # one log is new, the other is not
            waiting = {
                name: [Writer(database, tenant, admin).start() for _ in range(WRITERS)]
                for name, tenant in tenants.items()
            }
            # Within a tenant the others wait for the one that holds its append open.
            assert all(
                [each.waits for each in ones] == [False, True, True] for ones in waiting.values()
            )
            how = {name: iter(endings) for name in tenants}
            promised: dict[str, set[UUID]] = {name: set() for name in tenants}
            for name in order:
                writer = open_appends.next_of(waiting[name])
                waiting[name].remove(writer)
                command_id = writer.end(next(how[name]))
                promised[name] |= {command_id} if command_id else set()
                for tenant in tenants.values():
                    readers.read(tenant)
            for name, tenant in tenants.items():
                held = committed(admin, tenant)
                assert promised[name] <= held.keys()
                for seen in readers.seen(tenant):
                    assert missed(seen, list(held.values())) == []
                    assert seen == list(range(1, len(held) + 1))


def test_what_is_not_committed_is_not_read(database: Database) -> None:
    tenant = logs.tenant()
    with reading(database) as (readers, admin):
        writer = Writer(database, tenant, admin).start()
        readers.read(tenant)
        assert readers.seen(tenant) == [[], []]
        writer.end("rollback")
        readers.read(tenant)
        assert readers.seen(tenant) == [[], []]


def test_readers_that_never_rest_read_everything_while_sixteen_write(database: Database) -> None:
    tenants = [logs.tenant(), logs.tenant()]

    def write(tenant: TenantId) -> None:
        for _ in range(10):
            filled.more(database, tenant, 1)

    with reading(database) as (readers, admin), ThreadPoolExecutor(16) as pool:
        writing = [pool.submit(write, tenants[number % 2]) for number in range(16)]
        while not all(each.done() for each in writing):
            for tenant in tenants:
                readers.read(tenant)
        for tenant in tenants:
            readers.read(tenant)
            assert readers.seen(tenant) == [list(range(1, 81))] * 2
            assert len(committed(admin, tenant)) == 80


def naive(admin: Connection[Any]) -> Callable[[], list[int]]:
    """A reader by `id > last` over a sequence; what it has read so far."""
    seen: list[int] = []

    def read() -> list[int]:
        rows = admin.execute(
            "SELECT id FROM public.plain WHERE id > %s ORDER BY id", [seen[-1] if seen else 0]
        )
        seen.extend(row[0] for row in rows.fetchall())
        return seen

    return read


@pytest.mark.parametrize("order", list(itertools.permutations(range(WRITERS))), ids=str)
def test_the_check_notices_what_a_reader_of_a_sequence_misses(
    database: Database, order: Sequence[int]
) -> None:
    """The control: with a plain table only one order of commits loses nothing."""
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute("CREATE TABLE public.plain (id bigserial PRIMARY KEY)")
        read = naive(admin)
        writers = [psycopg.connect(database.admin_url) for _ in order]
        for writer in writers:
            writer.execute("INSERT INTO public.plain DEFAULT VALUES")
        for number in order:
            writers[number].commit()
            read()
        for writer in writers:
            writer.close()
        ids = [row[0] for row in admin.execute("SELECT id FROM public.plain").fetchall()]
        lost = missed(read(), ids)
    # Whoever commits behind a later number is passed over.
    assert lost == [number + 1 for number in range(WRITERS) if passed_over(number, order)]
    assert (lost == []) == (list(order) == sorted(order))


def passed_over(number: int, order: Sequence[int]) -> bool:
    before = order[: order.index(number)]
    return any(other > number for other in before)
