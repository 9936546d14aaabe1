"""The keys of persons: one each, nobody else's to see, and gone for ever once they are erased."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest

from infrastructure.database import Database
from infrastructure.vault.vault import Keys
from tests import servers
from tests.vaults import VAULT

Result = TypeVar("Result")

PARALLEL = 50
ERASE = "SELECT vault.erase(%(tenant_id)s, %(person_ids)s::uuid[])"


def with_database(
    database: servers.Database, body: Callable[[Database], Awaitable[Result]]
) -> Result:
    async def run() -> Result:
        connections = Database(database.app_url)
        await connections.open()
        try:
            return await body(connections)
        finally:
            await connections.close()

    return asyncio.run(run())


async def erase(connections: Database, tenant: UUID, *persons: UUID) -> None:
    await connections.rows(tenant, ERASE.encode(), {"person_ids": list(persons)}, dict)


def rows(database: servers.Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(
            "SELECT tenant_id, person_id, wrapped_key, erased_at FROM vault.person_keys"
        ).fetchall()


def test_of_many_who_ask_at_once_all_get_the_same_key(database: servers.Database) -> None:
    tenant, person = uuid4(), uuid4()

    async def body(connections: Database) -> list[Keys]:
        asking = [VAULT.ensure(connections, tenant, [person]) for _ in range(PARALLEL)]
        return await asyncio.gather(*asking)

    found = with_database(database, body)
    assert len({keys[person] for keys in found}) == 1
    assert len(rows(database)) == 1


def test_keys_of_many_asked_for_in_any_order_block_nobody(database: servers.Database) -> None:
    tenant, persons = uuid4(), [uuid4() for _ in range(8)]

    async def body(connections: Database) -> list[Keys]:
        orders = [persons[number % 8 :] + persons[: number % 8] for number in range(PARALLEL)]
        return await asyncio.gather(*(VAULT.ensure(connections, tenant, order) for order in orders))

    found = with_database(database, body)
    assert all(keys == found[0] and len(keys) == 8 for keys in found)


def test_an_erased_person_has_no_key_and_never_gets_one(database: servers.Database) -> None:
    tenant, known, unknown, spared = (uuid4() for _ in range(4))

    async def body(connections: Database) -> tuple[Keys, Keys, Keys]:
        before = await VAULT.ensure(connections, tenant, [known, spared])
        await erase(connections, tenant, known, unknown)
        await erase(connections, tenant, known)
        after = await VAULT.keys(connections, tenant, [known, unknown, spared])
        again = await VAULT.ensure(connections, tenant, [known, unknown, spared])
        return before, after, again

    before, after, again = with_database(database, body)
    assert set(before) == {known, spared}
    assert after == again == {spared: before[spared]}
    kept = {person: (key is None, at is None) for _, person, key, at in rows(database)}
    assert kept == {known: (True, False), unknown: (True, False), spared: (False, True)}


def test_an_erasure_and_those_who_ask_meanwhile_leave_no_key(database: servers.Database) -> None:
    tenant, persons = uuid4(), [uuid4() for _ in range(10)]

    async def body(connections: Database) -> None:
        for person in persons:
            asking = [VAULT.ensure(connections, tenant, [person]) for _ in range(8)]
            await asyncio.gather(*asking, erase(connections, tenant, person))

    with_database(database, body)
    assert [(key, at is None) for _, _, key, at in rows(database)] == [(None, False)] * 10


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vault.person_keys SET wrapped_key = 'k', master_key_id = 'm', erased_at = NULL",
        "DELETE FROM vault.person_keys",
        "TRUNCATE vault.person_keys",
    ],
)
def test_not_even_the_owner_undoes_an_erasure(database: servers.Database, statement: str) -> None:
    tenant = uuid4()
    with_database(database, lambda connections: erase(connections, tenant, uuid4()))
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET ROLE muniment_owner")
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_nobody_gets_the_keys_of_another_tenant(database: servers.Database) -> None:
    one, two, person = uuid4(), uuid4(), uuid4()

    async def body(connections: Database) -> tuple[Keys, Keys]:
        await VAULT.ensure(connections, one, [person])
        return await VAULT.keys(connections, two, [person]), await VAULT.keys(
            connections, one, [person]
        )

    theirs, own = with_database(database, body)
    assert theirs == {}
    assert person in own
    asked = "SELECT * FROM vault.keys_of(%s, ARRAY[%s]::uuid[])"
    for context in ("", str(two)):
        with psycopg.connect(database.app_url) as connection:
            connection.execute("SELECT set_config('app.tenant_id', %s, true)", [context])
            assert connection.execute(asked, [one, person]).fetchall() == []
            connection.execute("SELECT vault.erase(%s, '{}')", [one])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT vault.erase(%s, ARRAY[%s]::uuid[])", [one, person])
    assert [key is None for _, _, key, _ in rows(database)] == [False]
