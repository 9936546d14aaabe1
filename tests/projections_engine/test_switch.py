"""A switch is one moment for everybody; a rollback goes back as fast."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.ids import Position, TenantId
from infrastructure.database import BatchDatabase
from infrastructure.database import Database as Reads
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.notices import Notices
from projections.documents import document_list
from projections.documents.document_list import DocumentList
from projections.engine import registry, waiting
from projections.engine.registry import NotPossible, Registry
from projections.engine.runner import Runner
from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database
from tests.vaults import VAULT

NO_NOTICES = Notices("redis://127.0.0.1:1")


def execute(database: Database, statement: str, parameters: Sequence[Any] = ()) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute(statement.encode(), parameters)


def titles(database: Database, tenant: UUID) -> set[str]:
    async def body() -> set[str]:
        reads = Reads(database.app_url)
        await reads.open()
        try:
            page = await document_list.page(reads, TenantId(tenant), before=10**9, limit=200)
        finally:
            await reads.close()
        return {each.title for each in page}

    return asyncio.run(body())


@pytest.fixture
def tenant(database: Database) -> TenantId:
    found = logs.tenant()
    steps = [(logs.stream(), [histories.ADDED]) for _ in range(20)]
    histories.write(database.app_url, found, steps)
    histories.run(database.app_url, found)
    execute(database, "UPDATE read.documents_v1 SET title = 'Old'")
    return found


def test_a_switch_and_a_rollback_change_what_everybody_reads(
    database: Database, tenant: TenantId
) -> None:
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches, [DocumentList()])
        assert titles(database, tenant) == {"Old"}
        rebuilding.switch(batches, built, accept=True)
        assert titles(database, tenant) == {histories.ADDED.title}
        assert Registry(batches).roll_back(DocumentList(), None, by="a test") == 0
        assert titles(database, tenant) == {"Old"}
        assert Registry(batches).roll_back(DocumentList(), None, by="a test") == 1
        assert titles(database, tenant) == {histories.ADDED.title}


def test_one_tenant_can_be_switched_alone(database: Database, tenant: TenantId) -> None:
    other = logs.tenant()
    histories.write(database.app_url, other, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, other)
    execute(database, "UPDATE read.documents_v1 SET title = 'Old'")
    fresh = {histories.ADDED.title}
    with rebuilding.batches(database.app_url) as batches:
        changes = Registry(batches)
        alone = rebuilding.rebuild(batches, [DocumentList()], tenant).targets[0].generation
        with pytest.raises(NotPossible, match=f"is for tenant {tenant} alone"):
            changes.switch(DocumentList(), alone, None, accept_differences=True, by="a test")
        changes.switch(DocumentList(), alone, tenant, accept_differences=True, by="a test")
        assert (titles(database, tenant), titles(database, other)) == (fresh, {"Old"})
        every = rebuilding.rebuild(batches, [DocumentList()]).targets[0].generation
        changes.switch(DocumentList(), every, None, accept_differences=True, by="a test")
        assert (titles(database, tenant), titles(database, other)) == (fresh, fresh)
        assert {each.generation for each in changes.serving()} == {every}
        changes.roll_back(DocumentList(), None, by="a test")
        assert (titles(database, tenant), titles(database, other)) == (fresh, {"Old"})
        assert changes.answers(DocumentList(), tenant) == alone
        changes.switch(DocumentList(), 0, tenant, accept_differences=True, by="a test")
        assert titles(database, tenant) == {"Old"}


def test_a_generation_follows_the_log_before_and_after_it_answers(
    database: Database, tenant: TenantId
) -> None:
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches, [DocumentList()])
        for switched in (False, True):
            histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
            histories.run(database.app_url, tenant)
            live = rebuilding.contents(database.admin_url, "read", tenant)["documents_v1"]
            made = rebuilding.contents(database.admin_url, "read_g1", tenant)["documents_v1"]
            assert {row["id"] for row in live} == {row["id"] for row in made}
            assert len(live) == 21 + switched
            if not switched:
                rebuilding.switch(batches, built, accept=True)


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("state", ["building", "not compared", "dropped", "unknown", "live"])
def test_what_may_not_answer_is_refused_by_name(database: Database, state: str) -> None:
    reasons = {
        "building": "is still being built",
        "not compared": "has not been compared with the live one",
        "dropped": "is dropped",
        "unknown": "is not there",
        "live": "answers already",
    }
    with rebuilding.batches(database.app_url) as batches:
        changes, number = Registry(batches), 99
        if state == "building":
            number = changes.create(DocumentList(), None, by="a test")
        elif state != "unknown":
            built = rebuilding.rebuild(batches, [DocumentList()], compare=state != "not compared")
            number = built.targets[0].generation
        if state == "dropped":
            changes.drop(DocumentList(), number)
        if state == "live":
            changes.switch(DocumentList(), number, None, accept_differences=True, by="a test")
            with pytest.raises(NotPossible, match="generation 1 of document_list answers"):
                changes.drop(DocumentList(), number)
        with pytest.raises(NotPossible, match=reasons[state]):
            changes.switch(DocumentList(), number, None, accept_differences=True, by="a test")


def test_after_the_standby_is_dropped_there_is_no_way_back(
    database: Database, tenant: TenantId
) -> None:
    with rebuilding.batches(database.app_url) as batches:
        changes = Registry(batches)
        built = rebuilding.rebuild(batches, [DocumentList()])
        rebuilding.switch(batches, built, accept=True)
        changes.drop(DocumentList(), 0)
        with pytest.raises(NotPossible, match="no generation to go back to"):
            changes.roll_back(DocumentList(), None, by="a test")
        histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
        histories.run(database.app_url, tenant, [DocumentList()])
        assert changes.lost(DocumentList(), 0) == ["documents_v1"]
        again = rebuilding.rebuild(batches, [DocumentList()])
        assert not again.differing
        rebuilding.switch(batches, again)
        assert len(rebuilding.contents(database.admin_url, "read_g2", tenant)["documents_v1"]) == 21


READERS = 16


class Life:
    """A writer, and readers who wait for what it wrote and must always find it."""

    def __init__(self, database: Database, tenant: TenantId) -> None:
        self._database, self._tenant = database, tenant
        self._head = Position(20)
        self.ended = threading.Event()
        self._settled = threading.Event()
        self.failures: list[str] = []
        self.reads = 0

    def run(self) -> None:
        """Until it is ended, and the last reader has found what it waited for."""
        try:
            asyncio.run(self._run())
        finally:
            self._settled.set()

    async def _run(self) -> None:
        reads = Reads(self._database.app_url, size_max=8)
        await reads.open()
        store = PostgresEventStore(reads, VAULT)
        try:
            await asyncio.gather(self._write(store), *(self._read(reads) for _ in range(READERS)))
        finally:
            await store.drain()
            await reads.close()

    async def _write(self, store: PostgresEventStore) -> None:
        while not self.ended.is_set():
            command = logs.command(logs.stream(), 0, events=[histories.ADDED])
            recorded = await store.append(self._tenant, command)
            self._head = Position(max(self._head, recorded.position))
            await asyncio.sleep(0.02)

    async def _read(self, reads: Reads) -> None:
        while not self.ended.is_set():
            wanted = self._head
            await waiting.until(
                reads, NO_NOTICES, self._tenant, [DocumentList], wanted, wait_seconds=30
            )
            page = await document_list.page(reads, self._tenant, before=10**9, limit=1)
            if page[0].position < wanted:
                self.failures.append(f"{page[0].position} after {wanted}")
            old = await document_list.page(reads, self._tenant, before=21, limit=200)
            if len({each.title for each in old}) != 1:
                self.failures.append("two generations in one answer")
            self.reads += 1

    def project(self) -> None:
        """As a worker does, for as long as anybody waits."""
        with rebuilding.batches(self._database.app_url) as batches:
            runner = Runner(batches, histories.every(), VAULT)
            while not self._settled.is_set():
                runner.run(self._tenant)


def test_readers_and_writers_notice_nothing_of_rebuilds_switches_and_rollbacks(
    database: Database, tenant: TenantId
) -> None:
    life = Life(database, tenant)
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(each) for each in (life.run, life.project)]
        try:
            with rebuilding.batches(database.app_url) as batches:
                operate(batches)
        finally:
            life.ended.set()
        for each in running:
            each.result(60)
    assert life.failures == []
    assert life.reads > 2 * READERS


def operate(batches: BatchDatabase) -> None:
    """Two rebuilds of everything, with switches there and back."""
    changes = Registry(batches)
    chosen = rebuilding.read_models()
    for _ in range(2):
        built = rebuilding.rebuild(batches)
        for target, projection in zip(built.targets, chosen, strict=True):
            change = partial(
                changes.switch, projection, target.generation, None, accept_differences=True
            )
            registry.insist(partial(change, by="a test"))
        for projection in chosen * 2:
            registry.insist(partial(changes.roll_back, projection, None, by="a test"))
