"""What the tables of the log hold, read by a superuser, in the words of the model."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from infrastructure.event_log import chain
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.chain import Chain
from infrastructure.event_log.chain_diagnosis import Fault
from tests.event_log import filled
from tests.event_log.model import HeldCommand, HeldEvent


def events(connection: Connection[Any], tenant: UUID) -> list[HeldEvent]:
    """In the order of their positions."""
    rows = connection.execute(
        "SELECT stream_id, version, data, command_id FROM log.events"
        " WHERE tenant_id = %s ORDER BY position",
        [tenant],
    )
    return [HeldEvent(*row) for row in rows.fetchall()]


def commands(connection: Connection[Any], tenant: UUID) -> dict[UUID, HeldCommand]:
    """By their ids."""
    rows = connection.execute(
        "SELECT command_id, fingerprint, stream_id, version, first_position, last_position"
        "  FROM log.commands WHERE tenant_id = %s",
        [tenant],
    )
    return {row[0]: HeldCommand(*row[1:]) for row in rows.fetchall()}


def claims(connection: Connection[Any], scope: str) -> dict[tuple[str, bytes], tuple[UUID, UUID]]:
    """Those of the scopes that begin so, and who holds them."""
    rows = connection.execute(
        "SELECT scope, key, tenant_id, stream_id FROM log.claims WHERE starts_with(scope, %s)",
        [scope],
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows.fetchall()}


def fault(connection: Connection[Any], tenant: UUID, count: int) -> Fault | None:
    """The first thing wrong with positions, versions, digests or the head of so many events.

    A log without events has no head either.
    """
    head = connection.execute(
        "SELECT position, digest FROM log.heads WHERE tenant_id = %s", [tenant]
    ).fetchone()
    if head is None or count == 0:
        assert head is None, head
        assert count == 0, count
        return None
    rows: list[Row] = connection.execute(filled.RAW.encode(), [tenant]).fetchall()
    assert len(rows) == head[0] == count
    return chain.verify(Chain(tenant.bytes, head=Link(*head)), rows)


def set_ahead(connection: Connection[Any], tenant: UUID) -> str:
    """Have the head say that its last event is of the next hour; the time it says."""
    row = connection.execute(
        "UPDATE log.heads SET recorded_at = greatest(recorded_at, now() + interval '1 hour')"
        " WHERE tenant_id = %s RETURNING recorded_at",
        [tenant],
    ).fetchone()
    assert row is not None
    later: datetime = row[0]
    return later.isoformat()


def out_of_time(
    connection: Connection[Any], tenant: UUID, behind: int, floor: str
) -> list[tuple[Any, ...]]:
    """Events earlier than the one before, or behind a position and earlier than a time; and
    commands that say another time than their events."""
    return connection.execute(
        """
        SELECT e.position, e.recorded_at FROM (
          SELECT position, recorded_at, command_id,
                 lag(recorded_at, 1, '-infinity') OVER (ORDER BY position) AS before
            FROM log.events WHERE tenant_id = %(tenant)s) e
          LEFT JOIN log.commands c ON c.tenant_id = %(tenant)s AND c.command_id = e.command_id
               AND e.position BETWEEN c.first_position AND c.last_position
         WHERE e.recorded_at < e.before
            OR (e.position > %(behind)s AND e.recorded_at < %(floor)s::timestamptz)
            OR c.recorded_at <> e.recorded_at
        """,
        {"tenant": tenant, "behind": behind, "floor": floor},
    ).fetchall()
