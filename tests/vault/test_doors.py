"""Behind no door does anything personal of an erased person show."""

from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest
from eventsourcing import persistence
from eventsourcing.application import Application

from domain.ids import StreamId
from domain.logins import login
from domain.logins.events import LoginRegistered
from domain.personal import ERASED
from infrastructure.event_log import log_file_verify
from infrastructure.event_log.library import streams
from infrastructure.event_log.library.snapshots import LogSnapshotRecorder
from infrastructure.event_log.library.streams import Stream, StreamEvent
from tests import vaults
from tests.cli.installation import muniment
from tests.event_log import filled, library, transfers
from tests.servers import Database
from tests.vault import people

project = streams.projector(login.evolve)


@pytest.fixture
def erased(database: Database) -> people.Person:
    """Somebody who was known to every read model, and is erased."""
    person = people.registered(database)
    people.project(database, person.tenant_id)
    people.erase(database, person)
    return person


def secrets_in(text: str) -> list[str]:
    return [secret for secret in people.SECRETS if secret in text]


def application(database: Database, tenant_id: UUID, **more: str) -> Application[UUID]:
    return Application(library.environment(database.app_url, tenant_id, **more))


def opened(database: Database, tenant_id: UUID) -> Application[UUID]:
    """With the master key."""
    return application(database, tenant_id, VAULT_KEY=vaults.SECRET)


def test_no_table_holds_anything_personal_any_more(
    database: Database, erased: people.Person
) -> None:
    assert secrets_in(people.everything_kept(database)) == []
    assert filled.verified(database, erased.tenant_id).findings == []


def test_before_the_erasure_the_directory_did(database: Database) -> None:
    person = people.registered(database)
    people.project(database, person.tenant_id)
    assert secrets_in(people.everything_kept(database)) == [people.EMAIL, people.NAME, people.HASH]


def test_read_models_built_anew_do_without(database: Database, erased: people.Person) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("DELETE FROM read.logins_v2")
        connection.execute("DELETE FROM read.checkpoints")
    people.project(database, erased.tenant_id)
    with psycopg.connect(database.admin_url) as connection:
        assert connection.execute("SELECT * FROM read.logins_v2").fetchall() == []
        assert connection.execute("SELECT * FROM read.parked_streams").fetchall() == []
    assert secrets_in(people.everything_kept(database)) == []


def test_the_command_line_shows_boxes(database: Database, erased: people.Person) -> None:
    tenant = str(erased.tenant_id)
    for arguments in (
        ("show", str(erased.user_id)),
        ("show", str(erased.session_id), "--json"),
        ("show", "2"),
        ("tail", "--json"),
        ("tail",),
    ):
        told = muniment(database, "events", *arguments, "--tenant", tenant)
        assert told.exit_code == 0, told.output
        assert secrets_in(told.output) == []
    assert muniment(database, "events", "verify", "--tenant", tenant).exit_code == 0


def test_the_command_line_does_not_open_a_box_of_anybody(database: Database) -> None:
    person = people.registered(database)
    of = ("--tenant", str(person.tenant_id))
    told = muniment(database, "events", "show", str(person.user_id), *of)
    assert '"personal"' in told.output
    assert secrets_in(told.output) == []


def test_an_exported_log_has_no_key_in_it_and_reads_as_erased_elsewhere(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    person = people.registered(database)
    spared = people.registered(database, person.tenant_id)
    path = transfers.exported(database, person.tenant_id, tmp_path / "before.zst")
    people.erase(database, person)
    lines = b"".join(transfers.lines(path))
    with psycopg.connect(database.admin_url) as connection:
        keys = connection.execute(
            "SELECT wrapped_key FROM vault.person_keys WHERE wrapped_key IS NOT NULL"
        ).fetchall()
    assert keys
    for (key,) in keys:
        for form in (key, key.hex().encode(), key[12:].hex().encode()):
            assert form not in lines
    assert b"vault" not in lines
    assert secrets_in(lines.decode()) == []
    transfers.imported(elsewhere, path)
    for each in (person, spared):
        [found] = people.history(elsewhere, each, each.user_id)
        assert isinstance(found.event, LoginRegistered)
        assert found.event.email == ERASED
    people.project(elsewhere, person.tenant_id)
    assert secrets_in(people.everything_kept(elsewhere)) == []
    assert filled.verified(elsewhere, person.tenant_id).findings == []


def test_an_exported_log_of_an_erased_person_verifies_offline(
    database: Database, erased: people.Person, tmp_path: Path
) -> None:
    path = transfers.exported(database, erased.tenant_id, tmp_path / "after.zst")
    found = log_file_verify.verify(path, None)
    assert (found.position, found.findings) == (5, [])


def test_the_library_reads_what_is_there_and_no_more(database: Database) -> None:
    person = people.registered(database)
    with opened(database, person.tenant_id) as app:
        known: Stream[login.Login] = app.repository.get(person.user_id, projector_func=project)
        assert known.state.email == people.EMAIL
    with application(database, person.tenant_id) as blind:
        unknown: Stream[login.Login] = blind.repository.get(person.user_id, projector_func=project)
        assert unknown.state.email == ERASED
    people.erase(database, person)
    with opened(database, person.tenant_id) as app:
        gone: Stream[login.Login] = app.repository.get(person.user_id, projector_func=project)
        assert (gone.state.email, gone.state.erased) == (ERASED, True)
        told = [
            msgspec.json.encode(app.mapper.to_domain_event(each)).decode()
            for each in app.recorder.select_notifications(start=1, limit=100)
        ]
    assert len(told) == 5
    assert secrets_in("".join(told)) == []


def test_what_the_library_writes_is_encrypted_and_read_by_the_store(database: Database) -> None:
    person = people.registered(database)
    other = people.Person(person.tenant_id, StreamId(UUID(int=5)), person.session_id)
    with opened(database, person.tenant_id) as app:
        app.save(*streams.following(other.user_id, 0, [people.REGISTERED]))
    assert secrets_in(people.everything_kept(database)) == []
    [found] = people.history(database, other, other.user_id)
    assert found.event == people.REGISTERED
    with application(database, person.tenant_id) as blind:
        events = streams.following(UUID(int=6), 0, [people.REGISTERED])
        with pytest.raises(persistence.ProgrammingError, match="VAULT_KEY"):
            blind.save(*events)
    with opened(database, person.tenant_id) as app:
        from_zero = StreamEvent(UUID(int=7), 0, people.REGISTERED.TYPE, people.REGISTERED)
        with pytest.raises(persistence.ProgrammingError, match="numbered from 1"):
            app.save(from_zero)


def test_snapshots_go_with_the_person_and_none_of_a_personal_stream_is_kept(
    database: Database,
) -> None:
    person = people.registered(database)
    log = library.log(database.app_url, person.tenant_id)
    snapshots = LogSnapshotRecorder(log)
    state = people.EMAIL.encode()
    elsewhere = UUID(int=9)
    snapshots.insert_events(
        [
            library.stored(person.user_id, 1, "test:Snapshot", state),
            library.stored(elsewhere, 1, "test:Snapshot", state),
        ]
    )
    assert list(snapshots.select_events(person.user_id)) == []
    assert len(snapshots.select_events(elsewhere)) == 1
    people.erase(database, person)
    assert list(snapshots.select_events(elsewhere)) == []
    snapshots.insert_events([library.stored(person.session_id, 1, "test:Snapshot", state)])
    assert list(snapshots.select_events(person.session_id)) == []
    log.close()


def test_replaying_the_log_over_an_older_vault_erases_again(database: Database) -> None:
    """As after a restore: the vault still has the key, and the log knows of the erasure."""
    person = people.registered(database)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("CREATE TABLE public.backup AS SELECT * FROM vault.person_keys")
    people.erase(database, person)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM vault.person_keys")
        connection.execute("INSERT INTO vault.person_keys SELECT * FROM public.backup")
        connection.execute("DROP TABLE public.backup")
        connection.execute("DELETE FROM read.checkpoints")
    login_event = people.history(database, person, person.user_id)[0].event
    assert login_event == people.REGISTERED
    people.project(database, person.tenant_id)
    assert secrets_in(people.everything_kept(database)) == []
    [session] = people.history(database, person, person.session_id)
    assert session.event is not None
    assert ERASED not in msgspec.json.encode(session.event).decode()
    assert people.ADDRESS not in msgspec.json.encode(session.event).decode()
