"""One connection for everybody: what one tenant's work leaves behind never reaches the next."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from domain.ids import TenantId
from infrastructure.database import BatchDatabase
from infrastructure.database import Database as Connections
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import logs
from tests.servers import Database
from tests.vaults import VAULT

TENANTS = b"SELECT tenant_id FROM log.events"
Trouble = Callable[[Connections, TenantId], Awaitable[object]]


class Row:
    def __init__(self, tenant_id: TenantId) -> None:
        self.tenant_id = tenant_id


@asynccontextmanager
async def one_connection(database: Database) -> AsyncIterator[Connections]:
    connections = Connections(database.app_url, size_max=1)
    await connections.open()
    try:
        yield connections
    finally:
        await connections.close()


async def sees(connections: Connections, tenant: TenantId) -> set[TenantId]:
    return {row.tenant_id for row in await connections.rows(tenant, TENANTS, {}, Row)}


async def sees_without_a_tenant(connections: Connections) -> list[Any]:
    async with connections.connection() as connection:
        return await (await connection.execute(TENANTS)).fetchall()


async def an_error(connections: Connections, tenant: TenantId) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await connections.rows(tenant, b"SELECT 1 / 0", {}, Row)


async def an_unknown_table(connections: Connections, tenant: TenantId) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await connections.rows(tenant, b"SELECT * FROM log.nowhere", {}, Row)


async def a_cancelled_caller(connections: Connections, tenant: TenantId) -> None:
    reading = asyncio.create_task(connections.rows(tenant, b"SELECT pg_sleep(30)", {}, Row))
    await asyncio.sleep(0.05)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def a_timeout(connections: Connections, tenant: TenantId) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await connections.rows(tenant, b"SELECT pg_sleep(30)", {}, Row)


async def a_killed_backend(connections: Connections, tenant: TenantId) -> None:
    with pytest.raises(psycopg.OperationalError):
        await connections.rows(tenant, b"SELECT pg_terminate_backend(pg_backend_pid())", {}, Row)


TROUBLES: list[Trouble] = [
    an_error,
    an_unknown_table,
    a_cancelled_caller,
    a_timeout,
    a_killed_backend,
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.__name__)
def test_tenants_that_share_one_connection_see_their_own_whatever_happens(
    database: Database, trouble: Trouble
) -> None:
    one, two = logs.tenant(), logs.tenant()

    async def body() -> None:
        async with one_connection(database) as connections:
            store = PostgresEventStore(connections, VAULT)
            for tenant in (one, two):
                await store.append(tenant, logs.command())
            for first, second in ((one, two), (two, one)):
                await trouble(connections, first)
                assert await sees_without_a_tenant(connections) == []
                assert await sees(connections, second) == {second}
                assert await sees_without_a_tenant(connections) == []
                await trouble(connections, first)
                assert await sees(connections, second) == {second}
                assert await sees(connections, first) == {first}

    asyncio.run(body())


def test_fifty_readers_of_two_tenants_over_one_connection_see_their_own(
    database: Database,
) -> None:
    tenants = [logs.tenant(), logs.tenant()]

    async def body() -> None:
        async with one_connection(database) as connections:
            store = PostgresEventStore(connections, VAULT)
            for tenant in tenants:
                await store.append(tenant, logs.command())

            async def read(number: int) -> None:
                tenant = tenants[number % 2]
                reading = asyncio.create_task(sees(connections, tenant))
                if number % 5 == 0:
                    await asyncio.sleep(0.001 * number)
                    reading.cancel()
                [seen] = await asyncio.gather(reading, return_exceptions=True)
                assert isinstance(seen, asyncio.CancelledError) or seen == {tenant}

            await asyncio.gather(*(read(number) for number in range(50)))

    asyncio.run(body())


def test_a_transaction_leaves_no_tenant_behind_however_it_ends(database: Database) -> None:
    batch = BatchDatabase(database.app_url, size_max=1)
    batch.open()
    try:
        with pytest.raises(ZeroDivisionError), batch.transaction(logs.tenant()):
            raise ZeroDivisionError
        with batch.transaction(logs.tenant()):
            pass
        with batch.connection() as connection:
            left = connection.execute("SELECT current_setting('app.tenant_id', true)").fetchone()
        assert left in {("",), (None,)}
    finally:
        batch.close()
