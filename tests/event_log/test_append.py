"""The promises of an append."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from application.recorded import (
    Append,
    Claim,
    Claimed,
    CommandReused,
    NewEvents,
    Recorded,
    VersionConflict,
)
from domain.ids import Version
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import logs
from tests.servers import Database


def test_positions_are_gapless_over_several_commands(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> list[Recorded]:
        commands = [logs.command(events=[logs.event(), logs.event()]) for _ in range(20)]
        return await asyncio.gather(*(store.append(tenant, each) for each in commands))

    recorded = logs.with_store(database.app_url, body)
    assert sorted(each.position for each in recorded) == list(range(2, 41, 2))
    assert {each.version for each in recorded} == {2}


def test_a_command_at_the_wrong_version_is_told_the_right_one(database: Database) -> None:
    tenant, stream = logs.tenant(), logs.stream()

    async def body(store: PostgresEventStore) -> None:
        await store.append(tenant, logs.command(stream, events=[logs.event()] * 3))
        with pytest.raises(VersionConflict) as conflict:
            await store.append(tenant, logs.command(stream, expected=1))
        assert conflict.value.actual == 3

    logs.with_store(database.app_url, body)


def test_of_50_racing_writers_of_one_version_exactly_one_wins(database: Database) -> None:
    tenant, stream = logs.tenant(), logs.stream()

    async def body(store: PostgresEventStore) -> list[object]:
        commands = [logs.command(stream) for _ in range(50)]
        results = (store.append(tenant, each) for each in commands)
        return list(await asyncio.gather(*results, return_exceptions=True))

    results = logs.with_store(database.app_url, body)
    assert sum(isinstance(each, Recorded) for each in results) == 1
    assert sum(isinstance(each, VersionConflict) for each in results) == 49


def test_a_rejected_command_does_not_touch_its_neighbours(database: Database) -> None:
    tenant, taken = logs.tenant(), logs.stream()

    async def body(store: PostgresEventStore) -> list[object]:
        await store.append(tenant, logs.command(taken))
        # The first goes out alone; the others wait for it and share a call.
        commands = [logs.command(), *(logs.command() for _ in range(5)), logs.command(taken)]
        results = (store.append(tenant, each) for each in [*commands, logs.command()])
        return list(await asyncio.gather(*results, return_exceptions=True))

    results = logs.with_store(database.app_url, body)
    assert [type(each) for each in results] == [Recorded] * 6 + [VersionConflict, Recorded]
    assert sorted(each.position for each in results if isinstance(each, Recorded)) == [*range(2, 9)]


def test_the_same_command_id_returns_what_it_recorded_first(database: Database) -> None:
    tenant, command = logs.tenant(), logs.command()

    async def body(store: PostgresEventStore) -> list[Recorded]:
        first = await store.append(tenant, command)
        await store.append(tenant, logs.command())
        return [first, await store.append(tenant, command)]

    first, again = logs.with_store(database.app_url, body)
    assert first == again


def test_30_parallel_copies_of_a_command_record_it_once(database: Database) -> None:
    tenant, command = logs.tenant(), logs.command()

    async def body(store: PostgresEventStore) -> list[Recorded]:
        return await asyncio.gather(*(store.append(tenant, command) for _ in range(30)))

    recorded = logs.with_store(database.app_url, body)
    assert recorded == [recorded[0]] * 30
    with psycopg.connect(database.admin_url) as connection:
        count = connection.execute("SELECT count(*) FROM log.events").fetchone()
    assert count == (1,)


def test_a_command_id_used_for_something_else_is_refused(database: Database) -> None:
    tenant, command_id = logs.tenant(), uuid4()

    async def body(store: PostgresEventStore) -> None:
        await store.append(tenant, logs.command(command_id=command_id, fingerprint=b"one"))
        with pytest.raises(CommandReused):
            await store.append(tenant, logs.command(command_id=command_id, fingerprint=b"two"))

    logs.with_store(database.app_url, body)


def test_a_command_over_several_streams_is_recorded_whole_or_not(database: Database) -> None:
    tenant, one, two = logs.tenant(), logs.stream(), logs.stream()

    def both(expected_of_two: int) -> Append:
        return Append(
            command_id=logs.command().command_id,
            streams=[
                NewEvents(stream_id=one, expected=Version(0), events=[logs.event()]),
                NewEvents(stream_id=two, expected=Version(expected_of_two), events=[logs.event()]),
            ],
            actor="user:test",
            correlation_id=uuid4(),
        )

    async def body(store: PostgresEventStore) -> None:
        with pytest.raises(VersionConflict):
            await store.append(tenant, both(7))
        assert not await store.load(tenant, one)
        recorded = await store.append(tenant, both(0))
        assert (recorded.id, recorded.version, recorded.position) == (one, 1, 2)

    logs.with_store(database.app_url, body)


def claim(key: bytes, command: Append, *, taken: bool = True) -> Claim:
    stream_id = command.streams[0].stream_id
    return Claim(scope="test.key", key=key, stream_id=stream_id, taken=taken)


def claiming(key: bytes) -> Append:
    stream_id = logs.stream()
    return logs.command(stream_id, claims=[Claim(scope="test.key", key=key, stream_id=stream_id)])


def test_of_16_tenants_racing_for_one_claim_exactly_one_wins(database: Database) -> None:
    async def body(store: PostgresEventStore) -> list[object]:
        results = (store.append(logs.tenant(), claiming(b"slug")) for _ in range(16))
        return list(await asyncio.gather(*results, return_exceptions=True))

    results = logs.with_store(database.app_url, body)
    assert sum(isinstance(each, Recorded) for each in results) == 1
    assert sum(isinstance(each, Claimed) for each in results) == 15
    with psycopg.connect(database.admin_url) as connection:
        count = connection.execute("SELECT count(*) FROM log.events").fetchone()
    assert count == (1,)


def test_a_released_claim_is_free_again(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        holder = claiming(b"free again")
        await store.append(tenant, holder)
        with pytest.raises(Claimed):
            await store.append(tenant, claiming(b"free again"))
        release = [claim(b"free again", holder, taken=False)]
        stream_id = holder.streams[0].stream_id
        await store.append(tenant, logs.command(stream_id, expected=1, claims=release))
        await store.append(tenant, claiming(b"free again"))

    logs.with_store(database.app_url, body)


def test_a_claim_is_refused_to_its_own_holder_who_may_release_and_take_it_in_one(
    database: Database,
) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        holder = claiming(b"held")
        await store.append(tenant, holder)
        stream_id = holder.streams[0].stream_id
        again = claim(b"held", holder)
        with pytest.raises(Claimed):
            await store.append(tenant, logs.command(stream_id, expected=1, claims=[again]))
        release = claim(b"held", holder, taken=False)
        both = logs.command(stream_id, expected=1, claims=[again, release])
        assert (await store.append(tenant, both)).version == 2
        with pytest.raises(Claimed):
            await store.append(tenant, claiming(b"held"))

    logs.with_store(database.app_url, body)


def test_a_cancelled_caller_neither_loses_nor_doubles_its_command(database: Database) -> None:
    tenant, command = logs.tenant(), logs.command()

    async def body(store: PostgresEventStore) -> Recorded:
        impatient = asyncio.create_task(store.append(tenant, command))
        await asyncio.sleep(0)
        impatient.cancel()
        await store.drain()
        return await store.append(tenant, command)

    assert logs.with_store(database.app_url, body).position == 1


def test_time_never_runs_back_within_a_log(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        for _ in range(5):
            await store.append(tenant, logs.command())

    logs.with_store(database.app_url, body)
    with psycopg.connect(database.admin_url) as connection:
        times = connection.execute("SELECT recorded_at FROM log.events ORDER BY position")
        recorded = [row[0] for row in times.fetchall()]
    assert recorded == sorted(recorded)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE log.events SET actor = 'x'", "DELETE FROM log.events", "TRUNCATE log.events"],
)
def test_not_even_a_superuser_changes_events_by_accident(
    database: Database, statement: str
) -> None:
    with (
        psycopg.connect(database.admin_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"),
    ):
        connection.execute(statement.encode())
