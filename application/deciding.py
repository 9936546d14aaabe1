"""From a decision to the log: load, decide, append, and again if somebody was faster."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from application.actor import Actor
from application.ports import Ports
from application.recorded import (
    Append,
    Claim,
    NewEvents,
    Recorded,
    RecordedEvent,
    VersionConflict,
    fold,
)
from domain.event import Conflict, Event, NotFound, RuleBroken, UnknownEvent
from domain.ids import StreamId, Version

State = TypeVar("State")

ATTEMPTS_MAX = 5


class Stale(RuleBroken):
    """The resource has changed since you read it."""


class TooMuchContention(Conflict):
    """Others are changing this at the same moment; please try again."""


async def create(
    stream_id: StreamId,
    events: Sequence[Event],
    actor: Actor,
    ports: Ports,
    *,
    more: Sequence[NewEvents] = (),
    claims: Sequence[Claim] = (),
) -> Recorded:
    """Record the first events of a new stream, and with them those of `more`.

    Raises:
        Claimed: a key in `claims` is held already.
    """
    first = NewEvents(stream_id=stream_id, expected=Version(0), events=events)
    command = _append([first, *more], actor, claims)
    return await ports.events.append(actor.tenant_id, command)


async def change(  # noqa: PLR0913 - all that a decision hangs on, each by its name
    stream_id: StreamId,
    evolve: Callable[[State | None, Event], State],
    decision: Callable[[State], Sequence[Event]],
    actor: Actor,
    ports: Ports,
    *,
    absent: type[NotFound],
    expected: Version | None = None,
    known: Sequence[RecordedEvent] = (),
    claims: Callable[[State], Sequence[Claim]] = lambda _: (),
) -> Recorded:
    """Decide on the present state of a stream and record what follows.

    When somebody else wrote to the stream in between, the decision is taken again on the new
    state, at most five times. A decision without events records nothing and returns where the
    stream stands. The first try decides on `known`, where the caller has just read the stream.

    Raises:
        NotFound: as `absent`, when the stream does not exist.
        Stale: `expected` was given and the stream is at another version.
        TooMuchContention: five times somebody else was faster.
    """
    for attempt in range(ATTEMPTS_MAX):
        if attempt:
            await asyncio.sleep(_pause_seconds(attempt))
        history = known or await ports.events.load(actor.tenant_id, stream_id)
        known = ()
        state = _state(evolve, history)
        if state is None:
            raise absent
        last = history[-1]
        events = decision(state)
        if expected is not None and last.version != expected:
            raise Stale
        if not events:
            return Recorded(id=stream_id, version=last.version, position=last.position)
        step = NewEvents(stream_id=stream_id, expected=last.version, events=events)
        try:
            return await ports.events.append(actor.tenant_id, _append([step], actor, claims(state)))
        except VersionConflict:
            continue
    raise TooMuchContention


async def add(stream_id: StreamId, events: Sequence[Event], actor: Actor, ports: Ports) -> Recorded:
    """Record events whatever state their stream is in: facts that nothing is decided from.

    Raises:
        TooMuchContention: five times somebody else was faster.
    """
    for attempt in range(ATTEMPTS_MAX):
        if attempt:
            await asyncio.sleep(_pause_seconds(attempt))
        history = await ports.events.load(actor.tenant_id, stream_id)
        expected = history[-1].version if history else Version(0)
        step = NewEvents(stream_id=stream_id, expected=expected, events=events)
        try:
            return await ports.events.append(actor.tenant_id, _append([step], actor))
        except VersionConflict:
            continue
    raise TooMuchContention


def _pause_seconds(attempt: int) -> float:
    """Longer each time and never the same, so that those who met once don't meet again."""
    return random.uniform(0, 0.005) * (1 << attempt)  # noqa: S311 - no secret hangs on it


def _state(
    evolve: Callable[[State | None, Event], State], history: Sequence[RecordedEvent]
) -> State | None:
    """The stream's state; None too where the id is that of something of another kind."""
    try:
        fold(evolve, history[:1])
    except UnknownEvent:
        return None
    return fold(evolve, history)


def _append(streams: Sequence[NewEvents], actor: Actor, claims: Sequence[Claim] = ()) -> Append:
    cause = actor.cause
    return Append(
        command_id=cause.command_id,
        fingerprint=cause.fingerprint,
        streams=streams,
        actor=actor.name,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        claims=claims,
        metadata={"request_id": cause.request_id} if cause.request_id else {},
    )
