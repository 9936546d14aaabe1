"""Commands as parameters of the append functions, and their answers as outcomes."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import uuid_utils

from application.recorded import (
    Append,
    Claimed,
    CommandReused,
    NewEvents,
    Recorded,
    VersionConflict,
)
from domain.event import Event
from domain.ids import Position, Version
from infrastructure.event_log import codec, wire
from infrastructure.event_log.lanes import Parameters, Row

_METADATA = msgspec.json.Encoder()


class _Placed(NamedTuple):
    """One event of a batch: of which command (from 1), in which stream, at which version."""

    number: int
    command: Append
    stream: NewEvents
    version: int
    event: Event


def is_single(command: Append) -> bool:
    """Whether this is one event without claims, as nearly every command is."""
    return len(command.streams) == 1 and len(command.streams[0].events) == 1 and not command.claims


def parameters_of_one(tenant_id: UUID, command: Append) -> Parameters:
    """The parameters of the statement `append_one`."""
    stream = command.streams[0]
    event = stream.events[0]
    return (
        tenant_id.bytes,
        command.command_id.bytes,
        command.fingerprint,
        stream.stream_id.bytes,
        wire.INT8(stream.expected + 1),
        event.TYPE.encode(),
        wire.INT2(event.SCHEMA),
        codec.encode(event),
        _METADATA.encode(command.metadata),
        uuid_utils.uuid7().bytes,
        command.correlation_id.bytes,
        command.causation_id.bytes if command.causation_id else None,
        command.actor.encode(),
    )


def parameters(tenant_id: UUID, commands: Sequence[Append]) -> Parameters:
    """The parameters of the statement `append` for a batch of one tenant's commands."""
    events = list(_events(commands))
    claims = [(n, claim) for n, each in enumerate(commands, start=1) for claim in each.claims]
    return (
        tenant_id.bytes,
        wire.uuids([command.command_id for command in commands]),
        wire.array(wire.BYTEA_OID, [command.fingerprint for command in commands]),
        wire.int4s([each.number for each in events]),
        wire.uuids([each.stream.stream_id for each in events]),
        wire.int8s([each.version for each in events]),
        wire.texts([each.event.TYPE for each in events]),
        wire.array(wire.INT2_OID, [wire.INT2(each.event.SCHEMA) for each in events]),
        wire.array(wire.BYTEA_OID, [codec.encode(each.event) for each in events]),
        wire.array(wire.BYTEA_OID, [_METADATA.encode(each.command.metadata) for each in events]),
        wire.array(wire.UUID_OID, [uuid_utils.uuid7().bytes for _ in events]),
        wire.uuids([each.command.correlation_id for each in events]),
        wire.uuids([each.command.causation_id for each in events]),
        wire.texts([each.command.actor for each in events]),
        wire.int4s([number for number, _ in claims]),
        wire.array(wire.BOOL_OID, [bytes([claim.taken]) for _, claim in claims]),
        wire.texts([claim.scope for _, claim in claims]),
        wire.array(wire.BYTEA_OID, [claim.key for _, claim in claims]),
        wire.uuids([claim.stream_id for _, claim in claims]),
    )


def parameters_of_many(commands: Sequence[tuple[UUID, Append]]) -> Parameters:
    """The parameters of the statement `append_many`; every command is one event of its tenant."""
    single = [(each, each.streams[0], each.streams[0].events[0]) for _, each in commands]
    return (
        wire.array(wire.UUID_OID, [tenant_id.bytes for tenant_id, _ in commands]),
        wire.array(wire.UUID_OID, [command.command_id.bytes for command, _, _ in single]),
        wire.array(wire.BYTEA_OID, [command.fingerprint for command, _, _ in single]),
        wire.array(wire.UUID_OID, [stream.stream_id.bytes for _, stream, _ in single]),
        wire.int8s([stream.expected + 1 for _, stream, _ in single]),
        wire.texts([event.TYPE for _, _, event in single]),
        wire.array(wire.INT2_OID, [wire.INT2(event.SCHEMA) for _, _, event in single]),
        wire.array(wire.BYTEA_OID, [codec.encode(event) for _, _, event in single]),
        wire.array(
            wire.BYTEA_OID, [_METADATA.encode(command.metadata) for command, _, _ in single]
        ),
        wire.array(wire.UUID_OID, [uuid_utils.uuid7().bytes for _ in single]),
        wire.array(wire.UUID_OID, [command.correlation_id.bytes for command, _, _ in single]),
        wire.uuids([command.causation_id for command, _, _ in single]),
        wire.texts([command.actor for command, _, _ in single]),
    )


def outcomes_of_many(row: Row, commands: Sequence[Append]) -> list[Recorded | Exception | None]:
    """What `append_many` recorded; None where `append` has to find the outcome.

    Raises:
        ValueError: the answer is not one position for each command.
    """
    positions = wire.elements(row[0], wire.read_int8)
    pairs = zip(positions, commands, strict=True)
    return [
        None if position is None else _recorded(command, position) for position, command in pairs
    ]


def outcome_of_one(row: Row, command: Append) -> Recorded | None:
    """What `append_one` recorded; None where `append` has to find the outcome."""
    position = row[0]
    return None if position is None else _recorded(command, wire.read_int8(position))


def _recorded(command: Append, position: int) -> Recorded:
    stream = command.streams[0]
    return Recorded(
        id=stream.stream_id, version=Version(stream.expected + 1), position=Position(position)
    )


def outcomes(row: Row) -> list[Recorded | Exception]:
    """What became of each command of `append`: its record, or the error to raise."""
    named = wire.elements(row[0], wire.read_text)
    positions = wire.elements(row[1], wire.read_int8)
    stream_ids = wire.elements(row[2], wire.read_uuid)
    versions = wire.elements(row[3], wire.read_int8)
    actual_versions = wire.elements(row[4], wire.read_int8)
    scopes = wire.elements(row[5], wire.read_text)
    columns: tuple[list[Any], ...] = (
        named,
        positions,
        stream_ids,
        versions,
        actual_versions,
        scopes,
    )
    return [_outcome(*each) for each in zip_longest(*columns)]


def _outcome(
    outcome: str,
    position: int,
    stream_id: UUID,
    version: int,
    actual_version: int,
    scope: str,
) -> Recorded | Exception:
    match outcome:
        case "recorded" | "repeated":
            return Recorded(id=stream_id, version=Version(version), position=Position(position))
        case "conflict":
            return VersionConflict(Version(actual_version))
        case "claimed":
            return Claimed(scope)
        case "reused":
            return CommandReused()
        case unknown:
            return RuntimeError(f"log.append answered {unknown!r}")


def _events(commands: Sequence[Append]) -> Iterator[_Placed]:
    for number, command in enumerate(commands, start=1):
        for stream in command.streams:
            for version, event in enumerate(stream.events, start=stream.expected + 1):
                yield _Placed(number, command, stream, version, event)
