"""Events as they stand in the log, and commands as they are sent to it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domain.event import Event
from domain.ids import CommandId, Position, StreamId, TenantId, Version

State = TypeVar("State")


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event with everything the log knows about it.

    `event` is None where the type is unknown to this release; readers that don't handle it pass
    over it.
    """

    tenant_id: TenantId
    position: Position
    stream_id: StreamId
    version: Version
    type: str
    event: Event | None
    event_id: UUID
    correlation_id: UUID
    actor: str
    recorded_at: datetime


class NewEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Events to add to one stream that is expected to be at `expected`."""

    stream_id: StreamId
    expected: Version
    events: Sequence[Event]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Take (or release) `key` within `scope` for one stream, in the append's transaction."""

    scope: str
    key: bytes
    stream_id: StreamId
    taken: bool = True


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One command's events: recorded all together or not at all."""

    command_id: CommandId
    streams: Sequence[NewEvents]
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    fingerprint: bytes | None = None
    claims: Sequence[Claim] = ()
    metadata: dict[str, Any] = {}


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: the stream it wrote, its version then, and the last position."""

    id: UUID
    version: Version
    position: Position


class VersionConflict(Exception):  # noqa: N818 - named for what happened
    """A stream was not where the command expected it."""

    def __init__(self, actual: Version) -> None:
        super().__init__(f"the stream is at version {actual}")
        self.actual = actual


class Claimed(Exception):  # noqa: N818 - named for what happened
    """A key that this command wanted to take is held, by another stream or its own already."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"already taken: {scope}")
        self.scope = scope


class CommandReused(Exception):  # noqa: N818 - named for what happened
    """This command id was recorded before for something else."""


class UndecodableHistory(Exception):  # noqa: N818 - named for what happened
    """A newer release wrote events to this stream; this one can't decide on it."""


class Overloaded(Exception):  # noqa: N818 - named for what happened
    """The log can't take this now; trying again a little later is right."""


def fold(
    evolve: Callable[[State | None, Event], State], history: Sequence[RecordedEvent]
) -> State | None:
    """The state that a stream's history adds up to; None for an empty one.

    Raises:
        UndecodableHistory: the history holds a type this release does not know.
    """
    state: State | None = None
    for recorded in history:
        if recorded.event is None:
            raise UndecodableHistory(recorded.type)
        state = evolve(state, recorded.event)
    return state
