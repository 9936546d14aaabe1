"""Commands as the arrays that `log.append` takes, and its answer as outcomes."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import uuid_utils.compat

from application.recorded import (
    Append,
    Claimed,
    CommandReused,
    Recorded,
    VersionConflict,
)
from domain.ids import Position, Version
from infrastructure.event_log import codec


class AppendRow(NamedTuple):
    """The answer of `log.append`: one element a command in each."""

    outcomes: list[str]
    first_positions: list[int]
    last_positions: list[int]
    stream_ids: list[UUID]
    versions: list[int]
    actual_versions: list[int]
    claim_scopes: list[str]


class AppendOneRow(NamedTuple):
    """The answer of `log.append_one`."""

    outcome: str
    position: int
    stream_id: UUID
    version: int
    actual_version: int

    def as_batch(self) -> AppendRow:
        """The same as the answer to a batch of one."""
        return AppendRow(
            outcomes=[self.outcome],
            first_positions=[self.position],
            last_positions=[self.position],
            stream_ids=[self.stream_id],
            versions=[self.version],
            actual_versions=[self.actual_version],
            claim_scopes=[],
        )


def is_one(commands: Sequence[Append]) -> bool:
    """Whether this is one command of one event without claims."""
    if len(commands) != 1:
        return False
    command = commands[0]
    return len(command.streams) == 1 and len(command.streams[0].events) == 1 and not command.claims


def parameters_of_one(tenant_id: UUID, command: Append) -> dict[str, Any]:
    """The parameters of the query `append_one`."""
    stream = command.streams[0]
    event = stream.events[0]
    return {
        "tenant_id": tenant_id,
        "command_id": command.command_id,
        "fingerprint": command.fingerprint,
        "stream_id": stream.stream_id,
        "version": stream.expected + 1,
        "type": event.TYPE,
        "schema": event.SCHEMA,
        "data": codec.encode(event),
        "metadata": msgspec.json.encode(command.metadata),
        "event_id": uuid_utils.compat.uuid7(),
        "correlation_id": command.correlation_id,
        "causation_id": command.causation_id,
        "actor": command.actor,
    }


def parameters(tenant_id: UUID, commands: Sequence[Append]) -> dict[str, Any]:
    """The parameters of the query `append` for a batch of one tenant's commands."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            *("event_commands", "event_streams", "event_versions", "types", "schemas", "data"),
            *("metadata", "event_ids", "correlation_ids", "causation_ids", "actors"),
            *("claim_commands", "claim_taken", "claim_scopes", "claim_keys", "claim_streams"),
        )
    }
    for number, command in enumerate(commands, start=1):
        _add_events(columns, number, command)
        for claim in command.claims:
            columns["claim_commands"].append(number)
            columns["claim_taken"].append(claim.taken)
            columns["claim_scopes"].append(claim.scope)
            columns["claim_keys"].append(claim.key)
            columns["claim_streams"].append(claim.stream_id)
    return {
        "tenant_id": tenant_id,
        "command_ids": [command.command_id for command in commands],
        "fingerprints": [command.fingerprint for command in commands],
        **columns,
    }


def _add_events(columns: dict[str, list[Any]], number: int, command: Append) -> None:
    metadata = msgspec.json.encode(command.metadata)
    for stream in command.streams:
        for version, event in enumerate(stream.events, start=stream.expected + 1):
            columns["event_commands"].append(number)
            columns["event_streams"].append(stream.stream_id)
            columns["event_versions"].append(version)
            columns["types"].append(event.TYPE)
            columns["schemas"].append(event.SCHEMA)
            columns["data"].append(codec.encode(event))
            columns["metadata"].append(metadata)
            columns["event_ids"].append(uuid_utils.compat.uuid7())
            columns["correlation_ids"].append(command.correlation_id)
            columns["causation_ids"].append(command.causation_id)
            columns["actors"].append(command.actor)


def outcome(row: AppendRow, index: int) -> Recorded | Exception:
    """What became of the command at `index` (from 0): its record, or the error to raise."""
    match row.outcomes[index]:
        case "recorded" | "repeated":
            return Recorded(
                id=row.stream_ids[index],
                version=Version(row.versions[index]),
                position=Position(row.last_positions[index]),
            )
        case "conflict":
            return VersionConflict(Version(row.actual_versions[index]))
        case "claimed":
            return Claimed(row.claim_scopes[index])
        case "reused":
            return CommandReused()
        case unknown:
            return RuntimeError(f"log.append answered {unknown!r}")
