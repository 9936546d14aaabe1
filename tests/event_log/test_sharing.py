"""Tenants that append at the same moment share a call, and nothing else."""

import asyncio

import psycopg
import pytest

from application.recorded import Append, Claim, CommandReused, Recorded, VersionConflict
from domain.ids import TenantId
from infrastructure.database import Database as Connections
from infrastructure.event_log.lanes import Lanes
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import held, logs
from tests.served import wait_until
from tests.servers import Database
from tests.vaults import VAULT

TENANTS = 24
CALLS = """
SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'append_many'
"""


async def opened(store: PostgresEventStore, number: int = TENANTS) -> list[TenantId]:
    """So many tenants with one event each."""
    tenants = [logs.tenant() for _ in range(number)]
    await asyncio.gather(*(store.append(each, logs.command()) for each in tenants))
    return tenants


async def together(
    store: PostgresEventStore, commands: list[tuple[TenantId, Append]]
) -> list[Recorded | BaseException]:
    """What each of the commands came to, all sent at once."""
    sent = (store.append(tenant, command) for tenant, command in commands)
    return await asyncio.wait_for(asyncio.gather(*sent, return_exceptions=True), 20)


def calls(database: Database) -> int:
    """How often tenants shared a call, as PostgreSQL counts."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(CALLS).fetchone()
    assert row is not None
    return int(row[0])


def counted(database: Database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        name = psycopg.sql.Identifier(database.name)
        track = psycopg.sql.SQL("ALTER DATABASE {} SET track_functions = 'all'")
        connection.execute(track.format(name))


def test_tenants_that_append_at_once_share_a_call(database: Database) -> None:
    counted(database)

    async def body(store: PostgresEventStore) -> list[Recorded | BaseException]:
        tenants = await opened(store)
        return await together(store, [(each, logs.command()) for each in tenants * 2])

    recorded = logs.with_store(database.app_url, body)
    positions = [each.position for each in recorded if isinstance(each, Recorded)]
    assert positions == [2] * TENANTS + [3] * TENANTS
    wait_until(lambda: calls(database) >= 1)  # counted once a connection is closed
    assert calls(database) <= TENANTS


def test_what_goes_wrong_for_one_tenant_is_no_others_trouble(database: Database) -> None:
    stream, again = logs.stream(), logs.command()

    async def body(store: PostgresEventStore) -> list[Recorded | BaseException]:
        stale, doubled, reused, twice, *others = await opened(store)
        await store.append(stale, logs.command(stream))
        first = await store.append(doubled, again)
        await store.append(reused, logs.command(command_id=again.command_id, fingerprint=b"one"))
        same = logs.command()
        results = await together(
            store,
            [
                (stale, logs.command(stream)),
                (doubled, again),
                (reused, logs.command(command_id=again.command_id, fingerprint=b"two")),
                (twice, same),
                (twice, same),
                *((each, logs.command()) for each in others),
            ],
        )
        assert isinstance(results[0], VersionConflict)
        assert results[0].actual == 1
        assert results[1] == first
        assert isinstance(results[2], CommandReused)
        assert isinstance(results[3], Recorded)
        assert results[3] == results[4]
        return results[5:]

    recorded = logs.with_store(database.app_url, body)
    assert [each.position for each in recorded if isinstance(each, Recorded)] == [2] * (TENANTS - 4)


def test_a_tenant_whose_log_is_held_keeps_no_other_waiting(database: Database) -> None:
    async def body(store: PostgresEventStore) -> None:
        held, *others = await opened(store)
        with psycopg.connect(database.admin_url) as connection:
            connection.execute("SELECT 1 FROM log.heads WHERE tenant_id = %s FOR UPDATE", [held])
            waits = asyncio.create_task(store.append(held, logs.command()))
            for _ in range(3):
                results = await together(store, [(each, logs.command()) for each in others])
                assert all(isinstance(each, Recorded) for each in results)
            assert not waits.done()
        assert (await asyncio.wait_for(waits, 5)).position == 2

    logs.with_store(database.app_url, body)


def test_processes_that_append_for_the_same_tenants_leave_no_gap(database: Database) -> None:
    """Four stores are as four processes: each has connections and queues of its own."""
    rounds = 12

    async def process(tenants: list[TenantId]) -> list[Recorded | BaseException]:
        found: list[Recorded | BaseException] = []
        connections = Connections(database.app_url)
        await connections.open()
        try:
            store = PostgresEventStore(connections, VAULT)
            for _ in range(rounds):
                found += await together(store, [(each, logs.command()) for each in tenants])
        finally:
            await connections.close()
        return found

    async def body(store: PostgresEventStore) -> tuple[list[TenantId], list[object]]:
        tenants = await opened(store)
        done = await asyncio.gather(*(process(tenants) for _ in range(4)))
        return tenants, [each for results in done for each in results]

    tenants, results = logs.with_store(database.app_url, body)
    assert [each for each in results if not isinstance(each, Recorded)] == []
    with psycopg.connect(database.admin_url) as connection:
        found = connection.execute(
            "SELECT tenant_id, array_agg(position ORDER BY position) FROM log.events GROUP BY 1"
        ).fetchall()
        whole = [*range(1, 4 * rounds + 2)]
        faults = [held.fault(connection, tenant, len(whole)) for tenant in tenants]
    assert {each[0]: each[1] for each in found} == dict.fromkeys(tenants, whole)
    assert faults == [None] * TENANTS


def test_an_event_that_cannot_be_encoded_is_its_own_tenants_trouble(database: Database) -> None:
    async def body(store: PostgresEventStore) -> list[Recorded | BaseException]:
        bad, *others = await opened(store)
        broken = logs.command(events=[logs.event("\ud800")])
        return await together(store, [(bad, broken), *((each, logs.command()) for each in others)])

    failed, *recorded = logs.with_store(database.app_url, body)
    assert isinstance(failed, Exception)
    assert [each.position for each in recorded if isinstance(each, Recorded)] == [2] * (TENANTS - 1)


def test_a_command_that_cannot_share_gets_its_turn_however_many_can(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registrations take claims, so they go alone, and must not wait for a pause of the others."""
    assert Lanes.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Lanes.__init__.__kwdefaults__, "lanes_max", 1)  # none is idle for long
    ended = asyncio.Event()

    async def caller(store: PostgresEventStore, tenant: TenantId) -> None:
        while not ended.is_set():
            await store.append(tenant, logs.command())

    async def body(store: PostgresEventStore) -> None:
        tenants = await opened(store, 48)
        async with asyncio.TaskGroup() as group:
            for tenant in tenants * 15:
                group.create_task(caller(store, tenant))
            await asyncio.sleep(0.5)
            claim = Claim(scope="test", key=b"wanted", stream_id=logs.stream())
            try:
                command = logs.command(claim.stream_id, claims=[claim])
                await asyncio.wait_for(store.append(logs.tenant(), command), 5)
            finally:
                ended.set()

    logs.with_store(database.app_url, body)


@pytest.mark.parametrize("answer", ["'{}'", "'{1}'", "NULL"])
def test_an_answer_that_nobody_foresaw_keeps_no_tenant_waiting(
    database: Database, answer: str
) -> None:
    async def body(store: PostgresEventStore) -> None:
        tenants = await opened(store, 6)
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            (known,) = connection.execute(
                "SELECT pg_get_functiondef('log.append_many'::regproc)"
            ).fetchone() or ("",)
            before, _, _ = known.partition("DECLARE")
            wrong = f"{before} BEGIN positions := {answer}; END $function$"
            connection.execute(wrong.encode())
            results = await together(store, [(each, logs.command()) for each in tenants])
            assert all(isinstance(each, ValueError) for each in results), results
            connection.execute(known.encode())
        results = await together(store, [(each, logs.command()) for each in tenants])
        assert all(isinstance(each, Recorded) for each in results)

    logs.with_store(database.app_url, body)


def test_a_connection_that_goes_is_told_to_everybody_in_the_call(database: Database) -> None:
    async def body(store: PostgresEventStore) -> None:
        tenants = await opened(store)
        with psycopg.connect(database.admin_url) as connection:
            connection.execute("LOCK TABLE log.heads")
            commands = [(each, logs.command()) for each in tenants]
            under_way = asyncio.create_task(together(store, commands))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(
                connection.execute,
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'muniment_app'",
            )
            assert all(isinstance(each, psycopg.OperationalError) for each in await under_way)
        again = await together(store, commands)
        assert all(isinstance(each, Recorded) and each.position == 2 for each in again)

    logs.with_store(database.app_url, body)
