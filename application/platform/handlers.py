"""What administrators do to the installation, on record before it is done."""

from typing import TypedDict
from uuid import UUID

import msgspec

from application import deciding
from application.actor import Actor
from application.platform.commands import (
    PauseProjection,
    ResumeProjection,
    RetryDeadLetter,
    SkipDeadLetter,
)
from application.platform.ports import DeadLetter, DeadLetterFilter, Outcome, PlatformPorts
from application.ports import Ports
from application.recorded import Recorded
from domain.event import Event
from domain.ids import StreamId
from domain.platform import operating, streams
from domain.platform.events import (
    DeadLetterRetried,
    DeadLetterSkipped,
    ProjectionPaused,
    ProjectionResumed,
)


class _About(TypedDict):
    dead_letter_id: UUID
    projection: str
    tenant_id: UUID
    stream_id: UUID
    position: int


class TakenUp(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded, and what came of it."""

    recorded: Recorded
    outcome: Outcome


async def record(fact: Event, stream_id: StreamId, actor: Actor, ports: Ports) -> Recorded:
    """Write into the platform's log what an administrator is about to do, or has seen end.

    A fact is recorded first and then brought about: whoever dies in between leaves a record of
    what was asked for, never a deed without one.

    Raises:
        Forbidden: the actor is no administrator of the platform.
    """
    actor.require("platform:operate")
    return await deciding.add(stream_id, [fact], actor, ports)


async def pause_projection(
    command: PauseProjection, actor: Actor, platform: PlatformPorts
) -> Recorded:
    """Have a projection stand still. What a worker has in hand it finishes.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        ProjectionNotFound, TenantUnknown: there is none.
    """
    actor.require("platform:operate")
    await _check(command, platform)
    paused = ProjectionPaused(projection=command.projection, tenant_id=command.tenant_id)
    recorded = await _record_of(paused, command.projection, actor, platform)
    await platform.projections.pause(command.projection, command.tenant_id, actor.name)
    return recorded


async def resume_projection(
    command: ResumeProjection, actor: Actor, platform: PlatformPorts
) -> Recorded:
    """End a pause. The next sweep finds what has gathered.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        ProjectionNotFound, TenantUnknown: there is none.
    """
    actor.require("platform:operate")
    await _check(command, platform)
    resumed = ProjectionResumed(projection=command.projection, tenant_id=command.tenant_id)
    recorded = await _record_of(resumed, command.projection, actor, platform)
    await platform.projections.resume(command.projection, command.tenant_id)
    return recorded


async def retry_dead_letter(
    command: RetryDeadLetter, actor: Actor, platform: PlatformPorts
) -> TakenUp:
    """Take in what was passed over of a parked stream.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        DeadLetterNotFound, DeadLetterOutdated: the named rule is broken.
    """
    actor.require("platform:operate")
    letter = await dead_letter(command.dead_letter_id, platform)
    retried = DeadLetterRetried(**_about(letter))
    stream_id = streams.of_dead_letter(letter.dead_letter_id)
    recorded = await record(retried, stream_id, actor, platform.ports)
    outcome = await platform.projections.take_up(letter, skip=False)
    return TakenUp(recorded=recorded, outcome=outcome)


async def skip_dead_letter(
    command: SkipDeadLetter, actor: Actor, platform: PlatformPorts
) -> TakenUp:
    """Leave the event that a stream is parked at out for ever, and go on behind it.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        DeadLetterNotFound, DeadLetterOutdated, SkipReasonInvalid: the named rule is broken.
    """
    actor.require("platform:operate")
    reason = operating.check_reason(command.reason)
    letter = await dead_letter(command.dead_letter_id, platform)
    skipped = DeadLetterSkipped(**_about(letter), reason=reason)
    stream_id = streams.of_dead_letter(letter.dead_letter_id)
    recorded = await record(skipped, stream_id, actor, platform.ports)
    outcome = await platform.projections.take_up(letter, skip=True)
    return TakenUp(recorded=recorded, outcome=outcome)


async def dead_letter(dead_letter_id: UUID, platform: PlatformPorts) -> DeadLetter:
    """One dead letter.

    Raises:
        DeadLetterNotFound: there is none of this id.
    """
    wanted = DeadLetterFilter(dead_letter_id=dead_letter_id)
    found = await platform.projections.dead_letters(wanted, limit=1)
    if not found:
        raise operating.DeadLetterNotFound
    return found[0]


async def _check(command: PauseProjection | ResumeProjection, platform: PlatformPorts) -> None:
    if not platform.projections.knows(command.projection):
        raise operating.ProjectionNotFound
    if command.tenant_id is not None and not await platform.projections.knows_tenant(
        command.tenant_id
    ):
        raise operating.TenantUnknown


async def _record_of(
    fact: Event, projection: str, actor: Actor, platform: PlatformPorts
) -> Recorded:
    return await record(fact, streams.of_projection(projection), actor, platform.ports)


def _about(letter: DeadLetter) -> _About:
    return {
        "dead_letter_id": letter.dead_letter_id,
        "projection": letter.projection,
        "tenant_id": letter.tenant_id,
        "stream_id": letter.stream_id,
        "position": letter.position,
    }
