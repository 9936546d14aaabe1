"""Events with something personal in them: unreadable in the log, whole for who has the key."""

import json
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.logins.events import LoginErased, LoginRegistered, SessionStarted
from domain.personal import ERASED
from infrastructure.event_log import codec
from infrastructure.event_log.codec import Undecodable
from infrastructure.vault.master_keys import MasterKeys, MasterKeyUnknown
from infrastructure.vault.vault import Vault
from tests.event_log import filled, golden, logs
from tests.servers import Database
from tests.vault import people

OTHER_VAULT = Vault(MasterKeys("a text that wraps the keys of another installation"))


def stored(database: Database, stream_id: Any) -> dict[str, Any]:
    """The bytes of the first event of a stream, as JSON."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT data FROM log.events WHERE stream_id = %s AND version = 1", [stream_id]
        ).fetchone()
    assert row is not None
    found: dict[str, Any] = json.loads(row[0])
    return found


def test_the_log_keeps_nothing_personal_and_gives_all_of_it_back(database: Database) -> None:
    person = people.registered(database)
    assert set(stored(database, person.user_id)) == {"role", "personal"}
    assert set(stored(database, person.session_id)) == {"user_id", "personal"}
    kept = people.everything_kept(database)
    assert [secret for secret in people.SECRETS if secret in kept] == []
    [login] = people.history(database, person, person.user_id)
    [session] = people.history(database, person, person.session_id)
    assert (login.event, session.event) == (people.REGISTERED, person.started)


@settings(max_examples=25, deadline=None)
@given(email=st.text(), name=st.text(), address=st.text() | st.none())
def test_any_text_comes_back_as_it_was(
    library_database: Database, email: str, name: str, address: str | None
) -> None:
    tenant, user, session = logs.tenant(), logs.stream(), logs.stream()
    person = people.Person(tenant, user, session)
    registered = LoginRegistered(email=email, display_name=name, password_hash="x", role="viewer")
    started = SessionStarted(user_id=user, address=address)
    people.append(library_database, tenant, user, 0, [registered])
    people.append(library_database, tenant, session, 0, [started])
    [one] = people.history(library_database, person, user)
    [two] = people.history(library_database, person, session)
    assert (one.event, two.event) == (registered, started)


def test_after_the_erasure_it_reads_as_erased_and_the_log_verifies(database: Database) -> None:
    person = people.registered(database)
    other = people.registered(database, person.tenant_id)
    filled.seal(database)
    people.erase(database, person)
    login, erased = people.history(database, person, person.user_id)
    assert login.event == LoginRegistered(
        email=ERASED, display_name=ERASED, password_hash=ERASED, role="editor"
    )
    assert erased.event == LoginErased()
    [session] = people.history(database, person, person.session_id)
    assert session.event == SessionStarted(user_id=person.user_id, address=None)
    [spared] = people.history(database, other, other.user_id)
    assert spared.event == people.REGISTERED
    assert filled.verified(database, person.tenant_id).findings == []


def test_of_an_erased_person_nothing_personal_is_recorded_any_more(database: Database) -> None:
    person = people.registered(database)
    people.erase(database, person)
    later = logs.stream()
    people.append(database, person.tenant_id, later, 0, [person.started])
    assert stored(database, later) == {"user_id": str(person.user_id)}
    [session] = people.history(database, person, later)
    assert session.event == SessionStarted(user_id=person.user_id, address=None)


@pytest.mark.parametrize("type_", ["login.registered", "session.started"])
def test_events_of_the_first_schema_are_still_read(type_: str) -> None:
    plain = golden.decoded(type_, 1, golden.FOLDER / f"{type_}.1.json")
    boxed = golden.decoded(type_, 2, golden.FOLDER / f"{type_}.2.json")
    assert plain == boxed


@pytest.mark.parametrize("data", [
    b"null", b"[]", b'{"personal":3,"role":"owner"}', b'{"personal":{},"role":"owner"}',
    b'{"personal":"","role":"owner"}', b'{"personal":"!","role":"owner"}', b'{"personal":"AAAA"}',
    b'{"role":"owner","personal":"' + b"A" * 400 + b'"}', b'{"personal":null}', b"{", b"\xff",
])  # fmt: skip
def test_bytes_that_do_not_fit_are_undecodable(data: bytes) -> None:
    assert codec.persons([("login.registered", golden.PERSON, data)]) <= {golden.PERSON}
    with pytest.raises(Undecodable):
        codec.decode("login.registered", 2, data, golden.PLACE, golden.KEYS)


def test_a_box_that_was_moved_is_refused_and_found_by_verifying(database: Database) -> None:
    one = people.registered(database)
    two = people.registered(database, one.tenant_id)
    with filled.tampering(database) as connection:
        connection.execute(
            "UPDATE log.events SET data = (SELECT data FROM log.events WHERE stream_id = %s)"
            " WHERE stream_id = %s",
            [one.user_id, two.user_id],
        )
    with pytest.raises(Undecodable, match="another place"):
        people.history(database, two, two.user_id)
    assert filled.only(filled.verified(database, one.tenant_id)).position == 6


def test_an_event_can_not_be_written_past_the_box() -> None:
    with pytest.raises(codec.Unprotected):
        codec.encode(people.REGISTERED)


def test_a_wrong_master_key_takes_nobody_for_erased(database: Database) -> None:
    person = people.registered(database)
    with pytest.raises(MasterKeyUnknown):
        people.history(database, person, person.user_id, OTHER_VAULT)
    with pytest.raises(MasterKeyUnknown):
        people.project(database, person.tenant_id, vault=OTHER_VAULT)
    with psycopg.connect(database.admin_url) as connection:
        assert connection.execute("SELECT * FROM read.parked_streams").fetchall() == []
        connection.execute("UPDATE read.checkpoints SET retry_at = NULL")
    people.project(database, person.tenant_id)
    assert people.EMAIL in people.everything_kept(database)
