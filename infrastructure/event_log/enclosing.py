"""Commands with something personal in them, made ready for the log."""

from uuid import UUID

import msgspec

from application.recorded import Append, NewEvents
from domain.event import Event
from infrastructure.event_log import codec
from infrastructure.event_log.codec import Place
from infrastructure.vault.vault import Keys


def persons(command: Append) -> set[UUID]:
    """Whose personal data the command's events hold; nobody's, for most."""
    return {
        codec.person(event, stream.stream_id)
        for stream in command.streams
        for event in stream.events
        if codec.is_personal(event)
    }


def enclosed(tenant_id: UUID, command: Append, keys: Keys) -> Append:
    """The same command with what is personal encrypted, each event for its place in the log."""
    streams = [_enclosed(tenant_id, stream, keys) for stream in command.streams]
    return msgspec.structs.replace(command, streams=streams)


def _enclosed(tenant_id: UUID, stream: NewEvents, keys: Keys) -> NewEvents:
    events: list[Event] = [
        codec.enclose(event, Place(tenant_id, stream.stream_id, version), keys)
        if codec.is_personal(event)
        else event
        for version, event in enumerate(stream.events, start=stream.expected + 1)
    ]
    return msgspec.structs.replace(stream, events=events)
