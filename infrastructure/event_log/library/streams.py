"""The project's functional aggregates in the library's terms: events with their place, and states.

opened = application.repository.get(id_, projector_func=streams.projector(login.evolve))
application.save(*streams.following(opened.id, opened.version, login.decide(opened.state)))
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from application.recorded import UndecodableHistory
from domain.event import Event

State = TypeVar("State")


class StreamEvent(msgspec.Struct, frozen=True):
    """An event and its place; the library's domain event.

    `event` is None where the type is unknown to this release; `type` says which it is.
    """

    originator_id: UUID
    originator_version: int
    type: str
    event: Event | None


class Stream(msgspec.Struct, Generic[State], frozen=True):
    """The state that a stream's events add up to; the library's aggregate."""

    id: UUID
    version: int
    state: State


def following(id_: UUID, version: int, events: Sequence[Event]) -> list[StreamEvent]:
    """New events of a stream that is at `version` (0: not begun), to be saved."""
    return [
        StreamEvent(id_, place, event.TYPE, event)
        for place, event in enumerate(events, start=version + 1)
    ]


def projector(
    evolve: Callable[[State | None, Event], State],
) -> Callable[[Stream[State] | None, Iterable[StreamEvent]], Stream[State] | None]:
    """The library's projector function for a state and its `evolve`.

    It raises `UndecodableHistory` at an event of a type this release does not know.
    """

    def project(
        stream: Stream[State] | None, events: Iterable[StreamEvent]
    ) -> Stream[State] | None:
        for placed in events:
            if placed.event is None:
                raise UndecodableHistory(placed.type)
            state = evolve(stream.state if stream else None, placed.event)
            stream = Stream(placed.originator_id, placed.originator_version, state)
        return stream

    return project
