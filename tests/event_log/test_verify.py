"""Whatever a superuser does to one event is found, and where; and what must agree with the log."""

import threading
import time
from contextlib import closing
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.event_log.seals import KeyRing, SealKey
from infrastructure.event_log.tenants import Tenant
from infrastructure.event_log.verifier import Verifier
from tests.event_log import filled, tamper
from tests.event_log.filled import places, verified
from tests.event_log.tamper import Tamper, execute
from tests.servers import Database

EVENTS = 7
positions = st.integers(1, EVENTS)
two_positions = st.lists(positions, min_size=2, max_size=2, unique=True).map(sorted)
changes = st.one_of(
    st.builds(
        lambda column, at: (tamper.change(column, at), ("changed", at)),
        st.sampled_from(sorted(tamper.COLUMNS)),
        positions,
    ),
    st.builds(
        lambda at, up: (tamper.drop(at, close_up=up), ("dropped", at)), positions, st.booleans()
    ),
    st.builds(lambda at: (tamper.insert(at), ("inserted", at)), st.integers(1, EVENTS + 1)),
    st.builds(lambda at: (tamper.swap(*at), ("swapped", at[0])), two_positions),
    st.builds(lambda at: (tamper.truncate(at), ("dropped", at)), st.integers(2, EVENTS)),
    st.builds(lambda at: (tamper.rewrite(at), ("rewritten", 1)), positions),
)


def test_any_change_to_one_event_is_found_where_it_was_made(database: Database) -> None:
    @settings(max_examples=80, deadline=None)
    @given(changes)
    def check(made: tuple[Tamper, tuple[str, int]]) -> None:
        done, expected = made
        tenant = filled.filled(database)
        sealer.seal(limit=1)
        of = Tenant(tenant, None, EVENTS)
        assert verifier.verify(of, lambda _: None).intact
        with forger.transaction():
            done(forger, tenant)
        assert places(verifier.verify(of, lambda _: None))[0] == expected

    with (
        closing(Verifier(database.app_url, keys=KeyRing([filled.KEY.public]))) as verifier,
        filled.sealer(database) as sealer,
        filled.tampering(database) as forger,
    ):
        forger.commit()
        check()


def test_a_rewritten_log_is_narrowed_down_by_its_seals(database: Database) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    filled.more(database, tenant, 3)
    filled.seal(database)
    filled.more(database, tenant, 2)
    with filled.tampering(database) as connection:
        tamper.rewrite(9)(connection, tenant)
    found = verified(database, tenant)
    assert places(found) == [("rewritten", 8)]
    assert (found.seals, found.sealed_position) == (2, 7)
    assert filled.only(found).detail.startswith("10 was sealed with another digest")


def test_a_seal_tells_which_of_two_events_was_replaced(database: Database) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    filled.more(database, tenant, 2)
    with filled.tampering(database) as connection:
        execute(connection, "CREATE TEMP TABLE intact AS SELECT * FROM log.events")
        tamper.rewrite(7)(connection, tenant)
        restore = """
            UPDATE log.events e SET digest = i.digest FROM intact i
             WHERE e.tenant_id = %s AND i.position = e.position AND e.position > 7"""
        execute(connection, restore, tenant)
        head = "UPDATE log.heads SET digest = (SELECT digest FROM intact WHERE position = 9)"
        execute(connection, head)
    assert places(verified(database, tenant)) == [("rewritten", 1), ("changed", 8)]


def test_a_log_that_grows_meanwhile_is_intact(database: Database) -> None:
    tenant = filled.filled(database)
    stop = threading.Event()

    def append() -> None:
        while not stop.is_set():
            filled.more(database, tenant, 5)

    writer = threading.Thread(target=append)
    writer.start()
    try:
        until = time.monotonic() + 1.5
        heads = []
        while time.monotonic() < until:
            filled.seal(database)
            found = verified(database, tenant)
            assert found.intact, found.findings
            heads.append(found.position)
    finally:
        stop.set()
        writer.join()
    assert len(set(heads)) > 1


def test_a_claim_without_its_stream_is_found(database: Database) -> None:
    tenant = filled.filled(database, "acme")
    with filled.tampering(database) as connection:
        execute(connection, "UPDATE log.claims SET stream_id = %s", UUID(int=7))
    finding = filled.only(verified(database, tenant))
    assert (finding.kind, finding.position) == ("claim", None)
    assert f"tenant.slug is held by the stream {UUID(int=7)}" in finding.detail


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("first_position = 9, last_position = 9 WHERE last_position = 3", 9),
        ("last_position = 4 WHERE last_position = 3", 4),
        ("last_position = 1 WHERE last_position = 3", 1),
        ("first_position = 3, last_position = 2 WHERE last_position = 3", 2),
        ("stream_id = gen_random_uuid() WHERE last_position = 4", 4),
        ("command_id = gen_random_uuid() WHERE last_position = 5", 5),
    ],
)
def test_a_command_that_points_elsewhere_is_found(
    database: Database, change: str, position: int
) -> None:
    tenant = filled.filled(database)
    with filled.tampering(database) as connection:
        execute(connection, f"UPDATE log.commands SET {change}")  # noqa: S608 - fixed texts
    assert places(verified(database, tenant)) == [("command", position)]


def test_a_checkpoint_beyond_the_head_is_found(database: Database) -> None:
    tenant = filled.filled(database)
    with filled.tampering(database) as connection:
        statement = "INSERT INTO read.checkpoints VALUES (%s, 'documents', 1, %s)"
        execute(connection, statement, tenant, EVENTS)
        assert verified(database, tenant).intact
        execute(connection, "UPDATE read.checkpoints SET position = position + 1")
    finding = filled.only(verified(database, tenant))
    assert (finding.kind, finding.position) == ("checkpoint", EVENTS + 1)
    assert "documents version 1" in finding.detail


def test_a_log_without_its_head_is_found(database: Database) -> None:
    tenant = filled.filled(database, "acme")
    with filled.tampering(database) as connection:
        execute(connection, "DELETE FROM log.heads")
    assert places(verified(database, tenant)) == [("head", None)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log.seals SET signature = set_bit(signature, 9, 1 - get_bit(signature, 9))",
        "UPDATE log.seals SET sealed_at = sealed_at - interval '1 day'",
        "UPDATE log.seals SET tenant_id = %(other)s",
    ],
)
def test_a_seal_that_nobody_signed_is_found(database: Database, statement: str) -> None:
    tenant, other = filled.filled(database), filled.filled(database)
    filled.seal(database)
    with filled.tampering(database) as connection:
        connection.execute("DELETE FROM log.seals WHERE tenant_id = %s", [other])
        connection.execute(statement.encode(), {"other": other})
    found = [verified(database, each) for each in (tenant, other)]
    assert [place for each in found for place in places(each)] == [("seal", EVENTS)]


def test_a_forger_with_a_key_of_his_own_fails_against_the_published_keys(
    database: Database,
) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    with filled.tampering(database) as connection:
        tamper.rewrite(2)(connection, tenant)
        execute(connection, "DELETE FROM log.seals")
    filled.seal(database, SealKey("the secret text of somebody who forges logs"))
    assert verified(database, tenant).intact  # the database alone can't tell
    found = verified(database, tenant, keys=KeyRing([filled.KEY.public]))
    assert places(found) == [("seal", EVENTS)]
    assert "which is not known" in filled.only(found).detail
