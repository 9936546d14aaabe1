"""What every way of running a projection shares: its queries, and how it reads the log."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import args_row, scalar_row

from application.jobs import Job
from application.recorded import RecordedEvent
from infrastructure.event_log import codec, rows
from infrastructure.event_log.store import SQL as LOG
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS, Keys, Vault
from infrastructure.vault.vault import SQL as VAULT

SQL = Queries(__package__, "engine.sql")

BATCH_EVENTS = 500
SLOW_BATCH_EVENTS = 50
"""Of a projection whose events may take long: other tenants wait until a batch is done."""


class LogNotContiguous(Exception):  # noqa: N818 - named for what is the matter
    """The log skipped a position: no projection may go past that."""


class CaughtUp(msgspec.Struct, kw_only=True):
    """How far a run came: events passed, jobs to announce, whether another run was at it, and
    whether it stopped before the head because its time was over."""

    events: int = 0
    jobs: list[Job] = []
    busy: bool = False
    more: bool = False

    def add(self, other: "CaughtUp") -> None:
        """Take in what another run did."""
        self.events += other.events
        self.jobs += other.jobs
        self.busy = self.busy or other.busy
        self.more = self.more or other.more


def events_after(
    connection: Connection[Any],
    tenant_id: UUID,
    after: int,
    limit: int,
    vault: Vault,
    unread: Collection[int] = (),
) -> list[RecordedEvent]:
    """Up to `limit` events behind a position, none missing.

    What is personal reads as erased where the vault has no key for it. What stands at the positions
    `unread` is not looked into: nobody takes it.

    Raises:
        LogNotContiguous: one is.
        Undecodable: one is of a known type and doesn't fit it.
        MasterKeyUnknown: the vault can't use a key that it has.
    """
    found = rows_after(connection, tenant_id, after, limit)
    for expected, row in enumerate(found, start=after + 1):
        if row.position != expected:
            raise LogNotContiguous(f"{tenant_id}: position {expected} is missing")
    keys = keys_of(connection, tenant_id, found, vault)
    return [rows.unread(row) if row.position in unread else decoded(row, keys) for row in found]


def rows_of_stream(
    connection: Connection[Any], tenant_id: UUID, stream_id: UUID, first: int, last: int
) -> list[rows.EventRow]:
    """The rows of one stream from one position to another, not decoded."""
    parameters = {"tenant_id": tenant_id, "stream_id": stream_id, "first": first, "last": last}
    cursor = connection.cursor(row_factory=args_row(rows.EventRow), binary=True)
    return cursor.execute(SQL["rows_of_stream"], parameters).fetchall()


def rows_after(
    connection: Connection[Any], tenant_id: UUID, after: int, limit: int
) -> list[rows.EventRow]:
    """The same as rows, not decoded and not checked."""
    parameters = {"tenant_id": tenant_id, "after": after, "limit": limit}
    cursor = connection.cursor(row_factory=args_row(rows.EventRow), binary=True)
    return cursor.execute(LOG["read"], parameters).fetchall()


def locked_position(connection: Connection[Any], of: dict[str, Any]) -> int | None:
    """The checkpoint, ours until the transaction ends; None while another run holds it."""
    cursor = connection.cursor(row_factory=scalar_row)
    position = cursor.execute(SQL["lock_checkpoint"], of).fetchone()
    if position is None:
        position = cursor.execute(SQL["create_checkpoint"], of).fetchone()
    return position


def names(chosen: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """Projections, each `(name, version)`, as the queries take them."""
    pairs = list(chosen)
    return {
        "projections": [name for name, _ in pairs],
        "versions": [version for _, version in pairs],
    }


def keys_of(
    connection: Connection[Any], tenant_id: UUID, found: list[rows.EventRow], vault: Vault
) -> Keys:
    """Of all persons in these rows, in one query; without any where there are none."""
    persons = rows.persons(found)
    if not persons:
        return NO_KEYS
    parameters = {"tenant_id": tenant_id, "person_ids": list(persons)}
    kept = connection.execute(VAULT["keys"], parameters).fetchall()
    return vault.opened(tenant_id, kept)


def decoded(row: rows.EventRow, keys: Keys) -> RecordedEvent:
    """One row as an event.

    Raises:
        Undecodable: it is of a known type and doesn't fit it.
    """
    try:
        return rows.to_event(row, keys)
    except codec.Undecodable as error:
        raise codec.Undecodable(f"position {row.position}: {error}") from error
