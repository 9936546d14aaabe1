"""What a deed came to that is asked for again under the same key.

A deed is put on record before it is brought about. Where a process died in between, the record is
there and the deed is not: it is made good here, unless another deed has overruled it since.
"""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from application.platform.generations import Changed
from application.platform.handlers import TakenUp
from application.platform.ports import DeadLetterFilter, Outcome, PlatformPorts
from application.recorded import Recorded, RecordedEvent
from domain.ids import PLATFORM, StreamId
from domain.platform.events import (
    DeadLetterSkipped,
    ProjectionRebuildStarted,
    ProjectionRolledBack,
    ProjectionSwitched,
)

Chosen = ProjectionSwitched | ProjectionRolledBack


async def changed(
    recorded: Recorded, platform: PlatformPorts, redo: Callable[[], Awaitable[Changed]]
) -> Changed:
    """A rebuild, a switch or a rollback. `redo` is the same command, with the same id.

    Raises:
        GenerationRefused: it was not brought about, and may not be now; the message says why.
    """
    history = await _from(recorded, platform)
    match history[0].event:
        case ProjectionRebuildStarted(generation=generation):
            return Changed(recorded=recorded, generation=generation)
        case ProjectionSwitched() | ProjectionRolledBack() as fact:
            now = await platform.generations.answers(fact.projection, fact.tenant_id)
            overruled = any(isinstance(later.event, Chosen) for later in history[1:])
            if now.generation != fact.generation and not overruled:
                return await redo()
            return Changed(recorded=recorded, generation=fact.generation, previous=fact.previous)
    raise AssertionError(f"{history[0].type} is no change of a generation")


async def taken_up(recorded: Recorded, dead_letter_id: UUID, platform: PlatformPorts) -> TakenUp:
    """A retry or a skip. The outcome is as it is by now: taken in is what is no dead letter."""
    wanted = DeadLetterFilter(dead_letter_id=dead_letter_id)
    found = await platform.projections.dead_letters(wanted, limit=1)
    if not found:
        return TakenUp(recorded=recorded, outcome="taken_in")
    outcome: Outcome = "parked_again"
    fact = (await _from(recorded, platform))[0].event
    if isinstance(fact, DeadLetterSkipped) and fact.position == found[0].position:
        outcome = await platform.projections.take_up(found[0], skip=True)
    return TakenUp(recorded=recorded, outcome=outcome)


async def _from(recorded: Recorded, platform: PlatformPorts) -> Sequence[RecordedEvent]:
    """What was recorded, and all that its stream has after it."""
    history = await platform.ports.events.load(PLATFORM, StreamId(recorded.id))
    return [each for each in history if each.position >= recorded.position]
