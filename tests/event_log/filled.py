"""Logs of a test's database: filled through the append, and tampered with by a superuser."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection, pq

from application.recorded import Append, Claim, Recorded
from domain.ids import StreamId, TenantId
from infrastructure.database import BatchDatabase
from infrastructure.event_log import batch, canonical
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.findings import Finding, Verified
from infrastructure.event_log.sealer import Sealer
from infrastructure.event_log.seals import KeyRing, SealKey
from infrastructure.event_log.store import SQL as LOG
from infrastructure.event_log.tenants import Tenant
from infrastructure.event_log.verifier import Verifier
from tests.event_log import logs
from tests.servers import Database

SECRET = "the secret text that seals the logs of tests"
KEY = SealKey(SECRET)
RAW = """
SELECT position, uuid_send(stream_id), version, convert_to(type, 'UTF8'), schema,
       uuid_send(event_id), uuid_send(command_id), uuid_send(correlation_id),
       uuid_send(causation_id), convert_to(actor, 'UTF8'),
       (extract(epoch FROM recorded_at - '2000-01-01 00:00+00') * 1000000)::bigint,
       metadata, data, digest
  FROM log.events WHERE tenant_id = %s ORDER BY position
"""


def fill(database: Database, tenant: TenantId, commands: Sequence[Append]) -> None:
    """Append commands, one call for all."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        outcomes = append(connection, tenant, commands)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes)


def append(
    connection: Connection[Any], tenant: TenantId, commands: Sequence[Append]
) -> list[Recorded | Exception]:
    """Call `log.append` in whatever transaction the connection is in."""
    parameters = batch.parameters(tenant, commands)
    formats = [pq.Format.BINARY] * len(parameters)
    result = connection.pgconn.exec_params(
        LOG["append"], parameters, None, formats, pq.Format.BINARY
    )
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.error_message.decode())
    return batch.outcomes([result.get_value(0, column) for column in range(result.nfields)])


def mixed(slug: str = "") -> list[Append]:
    """Seven events at 1 to 7: three streams, one command with two events, one with a claim.

    Of all commands but the last two the caller has chosen the id.
    """
    one, two, three = logs.stream(), logs.stream(), logs.stream()
    claims = [Claim(scope="tenant.slug", key=slug.encode(), stream_id=one)] if slug else []
    return [
        logs.command(one, claims=claims, fingerprint=b"f" * 32),
        logs.command(two, events=[logs.event("Ýmir \0"), logs.event()], fingerprint=b"f" * 32),
        logs.command(one, expected=1, fingerprint=b"f" * 32),
        logs.command(three, fingerprint=b"f" * 32),
        logs.command(one, expected=2),
        logs.command(two, expected=2),
    ]


def filled(database: Database, slug: str = "") -> TenantId:
    """A tenant with the log of `mixed`."""
    tenant = logs.tenant()
    fill(database, tenant, mixed(slug))
    return tenant


def more(database: Database, tenant: TenantId, count: int) -> None:
    """So many events more, each on a stream of its own."""
    fill(database, tenant, [logs.command() for _ in range(count)])


@contextmanager
def sealer(database: Database, key: SealKey = KEY) -> Iterator[Sealer]:
    """Seals with a key."""
    found = BatchDatabase(database.app_url, size_max=2)
    found.open()
    try:
        yield Sealer(found, key)
    finally:
        found.close()


def seal(database: Database, key: SealKey = KEY) -> None:
    """Seal every log that has grown."""
    with sealer(database, key) as work:
        work.seal(limit=1000)


def verified(database: Database, tenant: UUID, *, keys: KeyRing | None = None) -> Verified:
    """One log, verified as the application's role."""
    with closing(Verifier(database.app_url, keys=keys)) as verifier:
        return verifier.verify(Tenant(tenant, None, None), lambda _: None)


def places(found: Verified) -> list[tuple[str, int | None]]:
    """Kind and position of each finding."""
    return [(each.kind, each.position) for each in found.findings]


def only(found: Verified) -> Finding:
    """The one thing that is wrong."""
    assert len(found.findings) == 1, found.findings
    return found.findings[0]


@contextmanager
def tampering(database: Database) -> Iterator[Connection[Any]]:
    """A superuser who knows how to silence triggers."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def rechain(connection: Connection[Any], tenant: UUID, start: int, *, head: bool) -> None:
    """Compute every digest anew from a position on, as a forger would."""
    rows: list[Row] = connection.execute(RAW.encode(), [tenant]).fetchall()
    digest = canonical.first_link(tenant.bytes).digest
    for row in rows:
        made = canonical.digest(tenant.bytes, digest, row) if row[0] >= start else row[13]
        connection.execute(
            "UPDATE log.events SET digest = %s WHERE tenant_id = %s AND position = %s",
            [made, tenant, row[0]],
        )
        digest = made
    if head:
        connection.execute(
            "UPDATE log.heads SET digest = %s, position = %s WHERE tenant_id = %s",
            [digest, rows[-1][0], tenant],
        )


def link(database: Database, tenant: UUID) -> Link:
    """The head of a log."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT position, digest FROM log.heads WHERE tenant_id = %s", [tenant]
        ).fetchone()
    assert row is not None
    return Link(*row)


def stream_of(command: Append) -> StreamId:
    """The stream that a command writes to."""
    return command.streams[0].stream_id
