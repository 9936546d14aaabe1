"""The asynchronous event store in one process: many callers at once, and reading back."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
import uvloop

from application.recorded import Append, NewEvents
from domain.documents.events import Content, DocumentAdded
from domain.ids import CommandId, StreamId, TenantId, Version
from infrastructure.database import BatchDatabase, Database
from infrastructure.event_log.store import PostgresEventStore
from projections.engine import reading as log_reading
from tests.vaults import VAULT

CALLERS = 100
READ_BATCH = 1_000
EVENT = DocumentAdded(
    title="some title",
    content=Content(sha256="ab" * 32, size=31, media_type="text/plain"),
)

Result = TypeVar("Result")


class Round(msgspec.Struct, frozen=True):
    """Events a second, and how long each append took."""

    rate: float
    milliseconds: list[float]


def run(app_url: str, *, tenants: int, seconds: float) -> Round:
    """100 callers, each appending one event to a new stream as soon as the last is recorded."""

    async def body(store: PostgresEventStore) -> Round:
        ids = [TenantId(uuid4()) for _ in range(tenants)]
        took: list[float] = []
        began = time.perf_counter()

        async def caller(number: int) -> None:
            while time.perf_counter() - began < seconds:
                start = time.perf_counter()
                await store.append(ids[number % tenants], _command(1))
                took.append((time.perf_counter() - start) * 1000)

        await asyncio.gather(*(caller(number) for number in range(CALLERS)))
        return Round(len(took) / (time.perf_counter() - began), took)

    return _with_store(app_url, body)


def reading(
    app_url: str, *, events: int, log_events: int, rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds to load one stream of `events`, and events a second of a whole log."""
    tenant, stream = TenantId(uuid4()), StreamId(uuid4())

    async def body(store: PostgresEventStore) -> list[float]:
        for written in range(0, events, 100):
            await store.append(tenant, _command(100, stream, written))
        for _ in range((log_events - events) // 100):
            await store.append(tenant, _command(100))
        took = []
        for _ in range(rounds):
            start = time.perf_counter()
            assert len(await store.load(tenant, stream)) == events
            took.append((time.perf_counter() - start) * 1000)
        return took

    loads = _with_store(app_url, body)
    return loads, [_read_all(app_url, tenant, log_events) for _ in range(rounds)]


def _read_all(app_url: str, tenant_id: UUID, events: int) -> float:
    database = BatchDatabase(app_url, size_max=1)
    database.open()
    try:
        start = time.perf_counter()
        position = 0
        with database.transaction(tenant_id) as connection:
            while position < events:
                found = log_reading.events_after(connection, tenant_id, position, READ_BATCH, VAULT)
                position = found[-1].position
        return events / (time.perf_counter() - start)
    finally:
        database.close()


def _command(count: int, stream_id: StreamId | None = None, expected: int = 0) -> Append:
    return Append(
        command_id=CommandId(uuid4()),
        streams=[
            NewEvents(
                stream_id=stream_id or StreamId(uuid4()),
                expected=Version(expected),
                events=[EVENT] * count,
            )
        ],
        actor="user:bench",
        correlation_id=uuid4(),
    )


def _with_store(
    app_url: str, body: Callable[[PostgresEventStore], Coroutine[Any, Any, Result]]
) -> Result:
    async def run() -> Result:
        database = Database(app_url)
        await database.open()
        try:
            return await body(PostgresEventStore(database, VAULT))
        finally:
            await database.close()

    return uvloop.run(run())
