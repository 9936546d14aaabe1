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
