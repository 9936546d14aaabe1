"""Who waits for a read model is told when it moves, and looks by itself where nobody tells."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import structlog

from domain.ids import Position, TenantId
from infrastructure import messages, notices
from infrastructure.database import Database as Reads
from infrastructure.embedded.valkey import EmbeddedValkey
from infrastructure.messages import Messages
from infrastructure.notices import Notices
from projections.documents.document_status import DocumentStatus
from projections.engine import waiting
from projections.engine.runner import Runner
from projections.engine.waiting import ProjectionBehind
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database
from tests.vaults import VAULT

FOR_EVER = 60.0
SOON = 5.0


@pytest.fixture
def tenant(database: Database) -> TenantId:
    """With one event that nobody has projected yet."""
    tenant = logs.tenant()
    command = logs.command(logs.stream(), 0, events=[histories.ADDED])
    logs.with_store(database.app_url, lambda store: store.append(tenant, command))
    return tenant


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def worker(database: Database, valkey: EmbeddedValkey) -> Iterator[Runner]:
    broker = messages.broker(valkey.url)
    with rebuilding.batches(database.app_url) as batches:
        yield Runner(batches, histories.every(), VAULT, moved=Messages(broker).moved)
    broker.close()


@asynccontextmanager
async def hearing(url: str) -> AsyncIterator[Notices]:
    heard = Notices(url)
    listening = asyncio.create_task(heard.listen())
    await until(lambda: heard.arrive)
    try:
        yield heard
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - other threads and processes make it true
            await asyncio.sleep(0.01)


async def wait(reads: Reads, heard: Notices, tenant: TenantId, *, seconds: float) -> float:
    """How long it took, in seconds."""
    began = time.monotonic()
    await waiting.until(reads, heard, tenant, [DocumentStatus], Position(1), wait_seconds=seconds)
    return time.monotonic() - began


def with_reads(database: Database, body: Callable[[Reads], Awaitable[None]]) -> None:
    async def run() -> None:
        reads = Reads(database.app_url)
        await reads.open()
        try:
            await body(reads)
        finally:
            await reads.close()

    asyncio.run(run())


def test_all_who_wait_are_told_when_a_read_model_moves(
    database: Database,
    valkey: EmbeddedValkey,
    worker: Runner,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "PAUSE_BETWEEN_NOTICES_SECONDS", FOR_EVER)

    async def body(reads: Reads) -> None:
        async with hearing(valkey.url) as heard, asyncio.TaskGroup() as group:
            readers = [
                group.create_task(wait(reads, heard, tenant, seconds=FOR_EVER)) for _ in range(32)
            ]
            await asyncio.sleep(0.5)  # all have looked
            assert not any(each.done() for each in readers)
            await asyncio.to_thread(worker.run, tenant)
            async with asyncio.timeout(SOON):
                await asyncio.gather(*readers)
            assert not heard._waiting

    with_reads(database, body)


def test_notices_of_others_and_of_nobody_wake_nobody(
    database: Database, valkey: EmbeddedValkey, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PAUSE_BETWEEN_NOTICES_SECONDS", FOR_EVER)
    looks = 0
    look_up = waiting._looked_up

    async def counted(*arguments: object) -> object:
        nonlocal looks
        looks += 1
        return await look_up(*arguments)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(waiting, "_looked_up", counted)

    async def body(reads: Reads) -> None:
        broker = messages.broker(valkey.url)
        async with hearing(valkey.url) as heard:
            reader = asyncio.create_task(wait(reads, heard, tenant, seconds=FOR_EVER))
            await until(lambda: looks)
            for noise in (b"", b"\xff" * 16, b"{}" * 10_000, logs.tenant().bytes):
                broker.client.publish(notices.CHANNEL, noise)
            await asyncio.sleep(0.5)
            assert looks == 1
            notices.send(broker.client, tenant)
            await until(lambda: looks == 2)
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
            assert not heard._waiting
        broker.close()

    with_reads(database, body)


def test_without_valkey_who_waits_looks_by_himself(
    database: Database,
    valkey: EmbeddedValkey,
    worker: Runner,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notices, "RECONNECT_SECONDS", 0.05)

    async def body(reads: Reads) -> None:
        async with hearing(valkey.url) as heard:
            valkey.stop()
            await until(lambda: not heard.arrive)
            with pytest.raises(ProjectionBehind):
                await wait(reads, heard, tenant, seconds=0.3)
            reader = asyncio.create_task(wait(reads, heard, tenant, seconds=FOR_EVER))
            await asyncio.to_thread(worker.run, tenant)  # it can't tell anybody either
            async with asyncio.timeout(SOON):
                await reader
            valkey.start()
            await until(lambda: heard.arrive)

    with structlog.testing.capture_logs() as lines:
        with_reads(database, body)
    told = [each["event"] for each in lines if each["event"] == "notices.not_heard"]
    assert len(told) == 1


def test_a_lost_notice_costs_a_pause(
    database: Database, valkey: EmbeddedValkey, tenant: TenantId
) -> None:
    async def body(reads: Reads) -> None:
        async with hearing(valkey.url) as heard:
            reader = asyncio.create_task(wait(reads, heard, tenant, seconds=FOR_EVER))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(histories.run, database.app_url, tenant)  # and tells nobody
            async with asyncio.timeout(SOON):
                await reader

    with_reads(database, body)
