"""Seals: signed by a key, for what the log holds, whatever happens to it meanwhile."""

import asyncio
import time
from typing import Any

import msgspec
import psycopg
import pytest

from infrastructure.database import Database as AsyncDatabase
from infrastructure.event_log import seals
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.sealer import PublishedSealKeys
from infrastructure.event_log.seals import KeyRing, Seal, SealKey
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import chains, filled, logs
from tests.servers import Database

OLD = SealKey("an old secret text for the seals of tests")
NEW = SealKey("a new secret text for the seals of tests")
KEY_SETS_OF_NOTHING = [
    *(b"", b"[]", b'{"keys": 3}', b'{"keys": []}', b'{"keys": [{}]}', b'{"keys": [3]}'),
    b'{"keys": [{"crv": "Ed25519", "x": "AAAA"}]}',
]
LINK = Link(3, bytes(range(32)))


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
    assert ring.fault(tenant, seal) is None
    forged = {"position": 4, "digest": bytes(32), "sealed_at": 8, "key_id": NEW.key_id}
    for name, value in forged.items():
        other: Seal = msgspec.structs.replace(seal, **{name: value})
        assert "is not signed with the key" in str(ring.fault(tenant, other)), name
    assert "is not signed" in str(ring.fault(bytes(16), seal))
    assert "is not known" in str(KeyRing([NEW.public]).fault(tenant, seal))


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
    filled.more(database, one, 2)
    filled.more(database, two, 1)
    with filled.sealer(database, OLD) as work:
        assert work.seal(limit=10) == 2
        assert work.seal(limit=10) == 0
        filled.more(database, two, 2)
        assert work.seal(limit=10) == 1
    assert kept(database) == [
        (one, 2, OLD.key_id, True),
        (two, 1, OLD.key_id, True),
        (two, 3, OLD.key_id, True),
    ]


def test_the_log_that_has_waited_longest_is_sealed_first(database: Database) -> None:
    tenants = [logs.tenant() for _ in range(3)]
    with filled.sealer(database, OLD) as work:
        for tenant in tenants:
            filled.more(database, tenant, 1)
            assert work.seal(limit=1) == 1
        for tenant in reversed(tenants):
            filled.more(database, tenant, 1)
        assert work.seal(limit=2) == 2
    assert {row[0] for row in kept(database) if row[1] == 2} == set(tenants[:2])


def test_a_turn_comes_once_a_minute(database: Database) -> None:
    with filled.sealer(database, OLD) as work:
        filled.more(database, logs.tenant(), 1)
        assert work.turn() == 1
        filled.more(database, logs.tenant(), 1)
        assert work.turn() == 0


def test_after_a_change_of_keys_old_and_new_seals_are_good(database: Database) -> None:
    tenant = logs.tenant()
    for key in (OLD, NEW):
        filled.more(database, tenant, 1)
        with filled.sealer(database, key) as work:
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
        with filled.sealer(database, OLD) as work:
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
        filled.more(database, tenant, 1)

    async def race() -> list[int]:
        with filled.sealer(database, OLD) as one, filled.sealer(database, NEW) as two:
            turns = (asyncio.to_thread(each.seal, limit=20) for each in (one, two))
            return await asyncio.gather(*turns)

    assert sum(asyncio.run(race())) == 10
    assert len(kept(database)) == 10


def test_a_seal_below_another_is_not_kept(database: Database) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    with psycopg.connect(database.app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant)])
        late = """
            SELECT log.seal(tenant_id, position, digest, now(), %s, %s) FROM log.events
             WHERE position = 6"""
        row = connection.execute(late.encode(), [filled.KEY.key_id, bytes(64)]).fetchone()
    assert row == (False,)
    assert [row[1] for row in kept(database)] == [7]


def test_a_head_that_its_log_does_not_bear_out_is_not_sealed(database: Database) -> None:
    good, bad = logs.tenant(), logs.tenant()
    filled.more(database, good, 1)
    filled.more(database, bad, 1)
    with filled.tampering(database) as connection:
        connection.execute("UPDATE log.heads SET digest = sha256('x') WHERE tenant_id = %s", [bad])
    with filled.sealer(database, OLD) as work:
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
    filled.more(database, one, 1)
    filled.more(database, two, 1)
    with filled.sealer(database, OLD) as work:
        work.seal(limit=10)
    with psycopg.connect(database.app_url) as connection:
        assert connection.execute("SELECT * FROM log.seals").fetchall() == []
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(one)])
        assert connection.execute("SELECT tenant_id FROM log.seals").fetchall() == [(one,)]
