"""Lanes carry appends, and what happens to those under way when a connection goes."""

import asyncio
import time
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as some
from psycopg.rows import scalar_row

from application.recorded import Recorded
from infrastructure import database_url
from infrastructure.event_log import lanes, wire
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import logs
from tests.servers import Database

BACKENDS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND usename = 'muniment_app' AND query LIKE '%%log.append%%'
"""


def backends(database: Database) -> list[int]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.cursor(row_factory=scalar_row).execute(BACKENDS).fetchall()


def terminate(database: Database) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'muniment_app'"
        )


def test_a_lane_that_died_idle_is_replaced(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> list[Recorded]:
        first = await store.append(tenant, logs.command())
        await asyncio.to_thread(terminate, database)
        return [first, await store.append(tenant, logs.command())]

    assert [each.position for each in logs.with_store(database.app_url, body)] == [1, 2]


def test_a_command_whose_connection_went_is_settled_by_sending_it_again(
    database: Database,
) -> None:
    tenant, command = logs.tenant(), logs.command()

    async def body(store: PostgresEventStore) -> Recorded:
        await store.append(tenant, logs.command())
        with psycopg.connect(database.admin_url) as connection:
            connection.execute("SELECT 1 FROM log.heads WHERE tenant_id = %s FOR UPDATE", [tenant])
            under_way = asyncio.create_task(store.append(tenant, command))
            await asyncio.sleep(0.2)
            await asyncio.to_thread(terminate, database)
            with pytest.raises(psycopg.OperationalError):
                await under_way
        return await store.append(tenant, command)

    assert logs.with_store(database.app_url, body).position == 2


def test_a_database_that_is_not_there_is_told_within_seconds(database: Database) -> None:
    async def body(store: PostgresEventStore) -> float:
        began = time.monotonic()
        calls = (store.append(logs.tenant(), logs.command()) for _ in range(40))
        for result in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(result, psycopg.OperationalError)
        return time.monotonic() - began

    nowhere = database_url.derive(database.app_url, database="nowhere")
    assert logs.with_store(nowhere, body) < 5


def test_an_event_larger_than_the_socket_takes_at_once_is_recorded(database: Database) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    name = "x" * 8_000_000

    async def body(store: PostgresEventStore) -> object:
        await store.append(tenant, logs.command(stream, events=[logs.event(name)]))
        (recorded,) = await store.load(tenant, stream)
        return recorded.event

    assert logs.with_store(database.app_url, body) == logs.event(name)


def test_lanes_that_nobody_needs_are_closed_but_for_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "UNUSED_SECONDS", 0.3)

    async def body(store: PostgresEventStore) -> int:
        await asyncio.gather(*(store.append(logs.tenant(), logs.command()) for _ in range(40)))
        busiest = len(await asyncio.to_thread(backends, database))

        for _ in range(200):
            if len(await asyncio.to_thread(backends, database)) == 1:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("more than one lane is still open")
        await store.append(logs.tenant(), logs.command())
        return busiest

    assert 1 < logs.with_store(database.app_url, body) <= lanes.LANES_MAX


def test_closing_leaves_no_connection(database: Database) -> None:
    async def body(store: PostgresEventStore) -> None:
        await asyncio.gather(*(store.append(logs.tenant(), logs.command()) for _ in range(20)))

    logs.with_store(database.app_url, body)
    for _ in range(100):
        if not backends(database):
            return
        time.sleep(0.05)
    pytest.fail("a lane is still connected")


def test_commands_under_way_when_all_closes_are_answered(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        await store.append(tenant, logs.command())
        with psycopg.connect(database.admin_url) as connection:
            connection.execute("SELECT 1 FROM log.heads WHERE tenant_id = %s FOR UPDATE", [tenant])
            under_way = asyncio.create_task(store.append(tenant, logs.command()))
            await asyncio.sleep(0.1)
            await store._database.close()
            with pytest.raises(psycopg.OperationalError, match="was closed"):
                await asyncio.wait_for(under_way, 2)

    logs.with_store(database.app_url, body)


def test_commands_that_wait_for_a_lane_when_all_closes_are_answered(database: Database) -> None:
    async def body(store: PostgresEventStore) -> None:
        waiting = asyncio.create_task(store.append(logs.tenant(), logs.command()))
        await asyncio.sleep(0.2)
        await store._database.close()
        with pytest.raises(psycopg.OperationalError, match="were closed"):
            await asyncio.wait_for(waiting, 1)

    logs.with_store(database_url.derive(database.app_url, database="nowhere"), body)


def test_an_answer_that_nobody_foresaw_keeps_no_tenant_waiting(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> Recorded:
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            (known,) = connection.execute(
                "SELECT pg_get_functiondef('log.append'::regproc)"
            ).fetchone() or ("",)
            before, _, _ = known.partition("DECLARE")
            connection.execute(f"{before} BEGIN outcomes := '{{}}'; END $function$".encode())
            with pytest.raises(RuntimeError, match="gave 0 outcomes"):
                await asyncio.wait_for(store.append(tenant, logs.command()), 2)
            connection.execute(known.encode())
        return await asyncio.wait_for(store.append(tenant, logs.command()), 2)

    assert logs.with_store(database.app_url, body).position == 1


@given(
    some.lists(some.uuids() | some.none(), max_size=5),
    some.lists(some.text(some.characters(exclude_characters="\0", codec="utf-8")), max_size=5),
    some.lists(some.integers(-(2**63), 2**63 - 1), max_size=5),
)
def test_arrays_are_read_back_as_they_were_written(
    uuids: list[UUID | None], texts: list[str], numbers: list[int]
) -> None:
    assert wire.elements(wire.uuids(uuids), wire.read_uuid) == uuids
    assert wire.elements(wire.texts(texts), wire.read_text) == texts
    assert wire.elements(wire.int8s(numbers), wire.read_int8) == numbers


def test_arrays_are_what_the_server_takes_them_for(database: Database) -> None:
    ids = [logs.tenant(), None, logs.tenant()]
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        result = connection.pgconn.exec_params(
            b"SELECT array_length($1::uuid[], 1), $2::text[] = '{a,\"b c\",\xc3\xbc}', $3::int[]"
            b" = '{}', $4::int8[] = '{-1,9223372036854775807}', $1::uuid[]",
            [
                wire.uuids(ids),
                wire.texts(["a", "b c", "ü"]),
                wire.int4s([]),
                wire.int8s([-1, 2**63 - 1]),
            ],
            None,
            [1, 1, 1, 1],
            1,
        )
    values = [result.get_value(0, column) for column in range(5)]
    assert values[:4] == [wire.INT4(3), b"\x01", b"\x01", b"\x01"]
    assert wire.elements(values[4], wire.read_uuid) == ids
