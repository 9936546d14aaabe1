"""Seals: signed by a key, for what the log holds, whatever happens to it meanwhile."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
import pytest

from domain.ids import TenantId
from infrastructure.database import BatchDatabase
from infrastructure.database import Database as AsyncDatabase
from infrastructure.event_log import seals
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.sealer import PublishedSealKeys, Sealer
from infrastructure.event_log.seals import KeyRing, Seal, SealKey
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import chains, logs
from tests.servers import Database

OLD = SealKey("an old secret text for the seals of tests")
NEW = SealKey("a new secret text for the seals of tests")
KEY_SETS_OF_NOTHING = [
    *(b"", b"[]", b'{"keys": 3}', b'{"keys": []}', b'{"keys": [{}]}', b'{"keys": [3]}'),
    b'{"keys": [{"crv": "Ed25519", "x": "AAAA"}]}',
]
LINK = Link(3, bytes(range(32)))


@contextmanager
def sealer(database: Database, key: SealKey) -> Iterator[Sealer]:
    batch = BatchDatabase(database.app_url, size_max=2)
    batch.open()
    try:
        yield Sealer(batch, key)
    finally:
        batch.close()


def fill(database: Database, tenant: TenantId, count: int) -> None:
    async def body(store: PostgresEventStore) -> None:
        for _ in range(count):
            await store.append(tenant, logs.command())

    logs.with_store(database.app_url, body)


def kept(database: Database) -> list[tuple[Any, ...]]:
    query = """
        SELECT s.tenant_id, s.position, s.key_id, s.digest = e.digest
          FROM log.seals s LEFT JOIN log.events e USING (tenant_id, position)
         ORDER BY s.tenant_id, s.position"""
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_seal_is_good_for_what_it_says_and_nothing_else() -> None:
    tenant = chains.TENANT.bytes
    seal = OLD.seal(tenant, LINK, 7)
    ring = KeyRing([OLD.public, NEW.public])
    assert ring.fault(tenant, seal, LINK.digest) is None
    assert ring.fault(tenant, seal, bytes(32)) == "it was sealed with another digest"
    assert ring.fault(tenant, seal, None) == "it is sealed and not there"
    forged = {"position": 4, "digest": bytes(32), "sealed_at": 8, "key_id": NEW.key_id}
    for name, value in forged.items():
        other: Seal = msgspec.structs.replace(seal, **{name: value})
        assert "not signed by the key" in str(ring.fault(tenant, other, other.digest)), name
    assert "not signed" in str(ring.fault(bytes(16), seal, LINK.digest))
    assert "is not known" in str(KeyRing([NEW.public]).fault(tenant, seal, LINK.digest))


def test_the_same_secret_gives_the_same_key_for_ever() -> None:
    key = SealKey("a text that stands in no other place than this one")
    assert key.public.hex() == ("b8700df466c9ad8d06b6b97e7d77d1788d481710cba0c6a9103b72d8666ca921")
    assert key.key_id == "dc7d258c3906fcbfd46b17cd36d893dc"


def test_published_keys_are_read_again() -> None:
    ring = seals.read_key_set(msgspec.json.encode(seals.key_set([NEW.public, OLD.public])))
    assert (NEW.key_id in ring, OLD.key_id in ring, len(ring)) == (True, True, 2)


@pytest.mark.parametrize("text", KEY_SETS_OF_NOTHING)
def test_what_is_no_key_set_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"Key Set|no Ed25519 key"):
        seals.read_key_set(text)


def test_only_logs_that_have_grown_are_sealed(database: Database) -> None:
    one, two = sorted([logs.tenant(), logs.tenant()])
    fill(database, one, 2)
    fill(database, two, 1)
    with sealer(database, OLD) as work:
        assert work.seal(limit=10) == 2
        assert work.seal(limit=10) == 0
        fill(database, two, 2)
        assert work.seal(limit=10) == 1
    assert kept(database) == [
        (one, 2, OLD.key_id, True),
        (two, 1, OLD.key_id, True),
        (two, 3, OLD.key_id, True),
    ]


def test_the_log_that_has_waited_longest_is_sealed_first(database: Database) -> None:
    tenants = [logs.tenant() for _ in range(3)]
    with sealer(database, OLD) as work:
        for tenant in tenants:
            fill(database, tenant, 1)
            assert work.seal(limit=1) == 1
        for tenant in reversed(tenants):
            fill(database, tenant, 1)
        assert work.seal(limit=2) == 2
    assert {row[0] for row in kept(database) if row[1] == 2} == set(tenants[:2])


def test_a_turn_comes_once_a_minute(database: Database) -> None:
    with sealer(database, OLD) as work:
        fill(database, logs.tenant(), 1)
        assert work.turn() == 1
        fill(database, logs.tenant(), 1)
        assert work.turn() == 0


def test_after_a_change_of_keys_old_and_new_seals_are_good(database: Database) -> None:
    tenant = logs.tenant()
    for key in (OLD, NEW):
        fill(database, tenant, 1)
        with sealer(database, key) as work:
            assert work.seal(limit=10) == 1
    assert [row[2] for row in kept(database)] == [OLD.key_id, NEW.key_id]

    async def published() -> list[dict[str, Any]]:
        reading = AsyncDatabase(database.app_url)
        await reading.open()
        try:
            found: list[dict[str, Any]] = (await PublishedSealKeys(reading).key_set())["keys"]
            return found
        finally:
            await reading.close()

    assert [key["kid"] for key in asyncio.run(published())] == [NEW.key_id, OLD.key_id]


def test_sealing_and_appending_do_not_disturb_each_other(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> int:
        with sealer(database, OLD) as work:
            sealed = 0
            until = time.monotonic() + 1.0
            while time.monotonic() < until:
                turn = asyncio.create_task(asyncio.to_thread(work.seal, limit=10))
                await asyncio.gather(*(store.append(tenant, logs.command()) for _ in range(20)))
                sealed += await turn
            return sealed

    assert logs.with_store(database.app_url, body) == len(kept(database)) > 1
    assert all(fits for _, _, _, fits in kept(database))


def test_two_sealers_at_once_seal_a_position_once(database: Database) -> None:
    tenants = [logs.tenant() for _ in range(10)]
    for tenant in tenants:
        fill(database, tenant, 1)

    async def race() -> list[int]:
        with sealer(database, OLD) as one, sealer(database, NEW) as two:
            turns = (asyncio.to_thread(each.seal, limit=20) for each in (one, two))
            return await asyncio.gather(*turns)

    assert sum(asyncio.run(race())) == 10
    assert len(kept(database)) == 10


def test_a_head_that_its_log_does_not_bear_out_is_not_sealed(database: Database) -> None:
    good, bad = logs.tenant(), logs.tenant()
    fill(database, good, 1)
    fill(database, bad, 1)
    chains.tamper(
        database.admin_url,
        "UPDATE log.heads SET digest = sha256('x') WHERE tenant_id = %s",
        parameters=[bad],
    )
    with sealer(database, OLD) as work:
        assert work.seal(limit=10) == 1
    assert [row[0] for row in kept(database)] == [good]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO log.seals SELECT * FROM log.seals",
        "INSERT INTO log.seal_keys VALUES ('x', sha256('x'))",
        "UPDATE log.seal_keys SET public_key = sha256('x')",
        "DELETE FROM log.seals",
        "TRUNCATE log.seals",
    ],
)
def test_the_application_may_not_write_seals(database: Database, statement: str) -> None:
    with (
        psycopg.connect(database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement", ["UPDATE log.seals SET position = 9", "DELETE FROM log.seal_keys"]
)
def test_not_even_a_superuser_changes_seals_by_accident(database: Database, statement: str) -> None:
    with (
        psycopg.connect(database.admin_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"),
    ):
        connection.execute(statement.encode())


def test_a_tenant_sees_its_own_seals_alone(database: Database) -> None:
    one, two = logs.tenant(), logs.tenant()
    fill(database, one, 1)
    fill(database, two, 1)
    with sealer(database, OLD) as work:
        work.seal(limit=10)
    with psycopg.connect(database.app_url) as connection:
        assert connection.execute("SELECT * FROM log.seals").fetchall() == []
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(one)])
        assert connection.execute("SELECT tenant_id FROM log.seals").fetchall() == [(one,)]
