"""People in the log of a test's database, without any process: registered, logged in, erased."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg

from application.recorded import Recorded, RecordedEvent
from domain.event import Event
from domain.ids import StreamId, TenantId
from domain.logins.events import LoginErased, LoginRegistered, SessionStarted
from infrastructure.database import BatchDatabase, Database
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.identity.lookup_keys import HmacLookupKeys
from infrastructure.vault.vault import Vault
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from projections.logins.erasures import Erasures
from projections.logins.login_directory import LoginDirectory
from tests import servers, vaults
from tests.event_log import logs

Result = TypeVar("Result")

EMAIL = "ada.larkfield@example.org"
NAME = "Ada Larkfield"
HASH = "$2b$04$LarkfieldLarkfieldLarkf"
ADDRESS = "192.0.2.77"
SECRETS = (EMAIL, NAME, HASH, ADDRESS)

REGISTERED = LoginRegistered(email=EMAIL, display_name=NAME, password_hash=HASH, role="editor")


class Person(msgspec.Struct, frozen=True):
    """Somebody with a login at version 1 and a session at version 1."""

    tenant_id: TenantId
    user_id: StreamId
    session_id: StreamId

    @property
    def started(self) -> SessionStarted:
        """What was recorded of the session."""
        return SessionStarted(user_id=self.user_id, address=ADDRESS)


def with_store(
    database: servers.Database,
    body: Callable[[PostgresEventStore], Awaitable[Result]],
    vault: Vault = vaults.VAULT,
) -> Result:
    """Run `body` with an event store of its own."""

    async def run() -> Result:
        connections = Database(database.app_url)
        await connections.open()
        try:
            return await body(PostgresEventStore(connections, vault))
        finally:
            await connections.close()

    return asyncio.run(run())


def registered(database: servers.Database, tenant_id: TenantId | None = None) -> Person:
    """A person who has just logged in, between events that are about nobody."""
    person = Person(tenant_id or logs.tenant(), StreamId(uuid4()), StreamId(uuid4()))

    async def body(store: PostgresEventStore) -> None:
        for stream_id, event in (
            (logs.stream(), logs.event("Before")),
            (person.user_id, REGISTERED),
            (person.session_id, person.started),
            (logs.stream(), logs.event("After")),
        ):
            await store.append(person.tenant_id, logs.command(stream_id, events=[event]))

    with_store(database, body)
    return person


def append(
    database: servers.Database,
    tenant_id: TenantId,
    stream_id: UUID,
    expected: int,
    events: Sequence[Event],
) -> Recorded:
    """Record events on a stream that is at `expected`."""
    command = logs.command(StreamId(stream_id), expected, events=events)
    return with_store(database, lambda store: store.append(tenant_id, command))


def erase(database: servers.Database, person: Person) -> None:
    """Erase somebody, and let follow what follows."""
    append(database, person.tenant_id, person.user_id, 1, [LoginErased()])
    project(database, person.tenant_id)


def project(
    database: servers.Database,
    tenant_id: UUID,
    projections: Sequence[Projection] | None = None,
    vault: Vault = vaults.VAULT,
) -> None:
    """Bring the projections about people up to the head of the log."""
    batch = BatchDatabase(database.app_url, size_max=2)
    batch.open()
    try:
        Runner(batch, projections or (Erasures(), directory()), vault).run(tenant_id)
    finally:
        batch.close()


def directory() -> LoginDirectory:
    """The directory of logins, with a key of the test's."""
    return LoginDirectory(HmacLookupKeys("a text that hides addresses in tests"))


def history(
    database: servers.Database, person: Person, stream_id: StreamId, vault: Vault = vaults.VAULT
) -> list[RecordedEvent]:
    """A stream as handlers read it."""

    async def body(store: PostgresEventStore) -> list[RecordedEvent]:
        return list(await store.load(person.tenant_id, stream_id))

    return with_store(database, body, vault)


def everything_kept(database: servers.Database) -> str:
    """All rows of all tables of the database, as a superuser sees them."""
    tables = """
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    """
    with psycopg.connect(database.admin_url) as connection:
        found = []
        for (table,) in connection.execute(tables).fetchall():
            rows = f"SELECT row_to_json(t)::text FROM {table} t"  # noqa: S608 - names of tables
            found += [row for (row,) in connection.execute(rows.encode()).fetchall()]
        data = connection.execute("SELECT convert_from(data, 'UTF8') FROM log.events").fetchall()
    return "\n".join([*found, *(text for (text,) in data)])
