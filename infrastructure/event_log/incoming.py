"""What comes in from a file: gathered beside the log, then written to it all at once.

A COPY can't write to a table under row-level security, so it fills temporary tables.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection

from infrastructure.event_log import log_file, seals
from infrastructure.event_log.log_file import Claim, Event, Header, octets
from infrastructure.sql import Queries

SQL = Queries(__package__, "incoming.sql")

# fmt: off
_EVENT_TYPES = (
    "int8", "uuid", "int8", "text", "int2", "uuid", "uuid", "uuid", "uuid", "text", "timestamptz",
    "bytea", "bytea", "bytea", "int8", "uuid", "int8", "bytea", "timestamptz", "text", "bytea",
)
# fmt: on
_CLAIM_TYPES = ("text", "bytea", "uuid")


class NotImported(Exception):  # noqa: N818 - named for what happened
    """The file doesn't fit the log that is here. Nothing was written."""


class Incoming:
    """Of one tenant, in the transaction that the connection has open, acting as the owner."""

    def __init__(self, connection: Connection[Any], tenant_id: UUID) -> None:
        self._connection = connection
        self._of = {"tenant_id": tenant_id}
        connection.execute(SQL["make_incoming_events"])
        connection.execute(SQL["make_incoming_claims"])

    def take_events(self, events: Iterable[Event]) -> None:
        """Gather events with what their commands came to, and their seals."""
        with self._connection.cursor().copy(SQL["copy_events"]) as copy:
            copy.set_types(_EVENT_TYPES)
            for event in events:
                copy.write_row(_columns(event))

    def take_claims(self, claims: Iterable[Claim]) -> None:
        """Gather what the tenant's streams hold."""
        with self._connection.cursor().copy(SQL["copy_claims"]) as copy:
            copy.set_types(_CLAIM_TYPES)
            for claim in claims:
                copy.write_row((claim.scope, claim.key, claim.stream_id))

    def settle(self, header: Header) -> None:
        """Write everything that was gathered.

        Raises:
            NotImported: a stream doesn't go on where it ends here.
        """
        connection, of = self._connection, self._of
        connection.execute(SQL["analyse"])
        astray = connection.execute(SQL["version_astray"], of).fetchone()
        if astray is not None:
            raise NotImported(f"the stream of {astray[0]} doesn't go on where it ends here")
        for name in ("write_events", "write_commands"):
            connection.execute(SQL[name], of)
        for public_key in seals.read_key_set(log_file.encoder.encode(header.seal_keys)).public_keys:
            connection.execute(SQL["write_seal_key"], {"public_key": public_key})
        for name in ("write_seals", "release_claims", "take_claims", "move_head"):
            connection.execute(SQL[name], of)


def _columns(event: Event) -> tuple[Any, ...]:
    command, seal = event.command, event.seal
    return (
        event.position,
        event.stream_id,
        event.version,
        event.type,
        event.schema,
        event.event_id,
        event.command_id,
        event.correlation_id,
        event.causation_id,
        event.actor,
        event.recorded_at,
        octets(event.metadata, event.metadata_octets),
        octets(event.data, event.data_octets),
        event.digest,
        *(
            (None, None, None, None)
            if command is None
            else (command.first_position, command.stream_id, command.version, command.fingerprint)
        ),
        *((None, None, None) if seal is None else (seal.sealed_at, seal.key_id, seal.signature)),
    )
