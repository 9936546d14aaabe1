"""What a superuser can do to a log behind its back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from tests.event_log import filled

COLUMNS = {
    "stream_id": "gen_random_uuid()",
    "version": "version + 1000",
    "type": "type || 'x'",
    "schema": "schema + 1",
    "data": "set_byte(data, octet_length(data) - 1, 0)",
    "metadata": "metadata || ' '",
    "event_id": "gen_random_uuid()",
    "correlation_id": "gen_random_uuid()",
    "causation_id": "gen_random_uuid()",
    "actor": "actor || ' '",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "digest": "set_bit(digest, 77, 1 - get_bit(digest, 77))",
}
Tamper = Callable[[Connection[Any], UUID], None]


def change(column: str, position: int) -> Tamper:
    """Give one column of an event another value."""
    statement = sql.SQL(
        "UPDATE log.events SET {} = {} WHERE tenant_id = %s AND position = %s"
    ).format(sql.Identifier(column), sql.SQL(COLUMNS[column]))
    return lambda connection, tenant: execute(connection, statement, tenant, position)


def execute(connection: Connection[Any], statement: Any, *parameters: object) -> None:
    """One statement."""
    if isinstance(statement, str):
        statement = statement.encode()
    connection.execute(statement, parameters)


def drop(position: int, *, close_up: bool) -> Tamper:
    """Remove an event, and move those behind it up to hide the gap."""

    def tamper(connection: Connection[Any], tenant: UUID) -> None:
        of_event = "DELETE FROM log.events WHERE tenant_id = %s AND position = %s"
        execute(connection, of_event, tenant, position)
        if close_up:
            move(connection, tenant, position, -1)

    return tamper


def insert(position: int) -> Tamper:
    """Put an event of one's own at a position, and move those behind it down."""

    def tamper(connection: Connection[Any], tenant: UUID) -> None:
        move(connection, tenant, position, 1)
        statement = """
            INSERT INTO log.events
            SELECT tenant_id, %s, gen_random_uuid(), 1, type, schema, data, metadata,
                   gen_random_uuid(), command_id, correlation_id, causation_id, actor, recorded_at,
                   digest
              FROM log.events WHERE tenant_id = %s LIMIT 1"""
        execute(connection, statement, position, tenant)

    return tamper


def move(connection: Connection[Any], tenant: UUID, start: int, by: int) -> None:
    """In two steps, for positions are unique."""
    statement = """
        UPDATE log.events SET position = position + %s WHERE tenant_id = %s AND position >= %s"""
    for offset, least in ((1_000_000 + by, start), (-1_000_000, 1_000_000)):
        execute(connection, statement, offset, tenant, least)


def swap(one: int, other: int) -> Tamper:
    """Exchange two events."""

    def tamper(connection: Connection[Any], tenant: UUID) -> None:
        statement = "UPDATE log.events SET position = %s WHERE tenant_id = %s AND position = %s"
        for source, target in ((one, -1), (other, one), (-1, other)):
            execute(connection, statement, target, tenant, source)

    return tamper


def truncate(position: int) -> Tamper:
    """Cut the tail off and set the head back, so that only a seal can tell."""

    def tamper(connection: Connection[Any], tenant: UUID) -> None:
        events = "DELETE FROM log.events WHERE tenant_id = %s AND position >= %s"
        commands = "DELETE FROM log.commands WHERE tenant_id = %s AND last_position >= %s"
        for statement in (events, commands):
            execute(connection, statement, tenant, position)
        filled.rechain(connection, tenant, position, head=True)

    return tamper


def rewrite(position: int) -> Tamper:
    """Change an event and chain it and all behind it anew, so that only a seal can tell."""

    def tamper(connection: Connection[Any], tenant: UUID) -> None:
        change("data", position)(connection, tenant)
        filled.rechain(connection, tenant, position, head=True)

    return tamper
