"""Building read models anew and choosing which generation answers, each deed on record."""

from uuid import UUID

import msgspec

from application.actor import Actor
from application.platform import handlers
from application.platform.commands import (
    RebuildProjection,
    RollBackProjection,
    SwitchProjection,
)
from application.platform.ports import PlatformPorts
from application.recorded import Recorded
from domain.event import Event
from domain.platform import operating, streams
from domain.platform.events import (
    ProjectionRebuildStarted,
    ProjectionRolledBack,
    ProjectionSwitched,
)


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded, and which generation it is about."""

    recorded: Recorded
    generation: int
    previous: int | None = None


async def rebuild_projection(
    command: RebuildProjection, actor: Actor, platform: PlatformPorts
) -> Changed:
    """Begin a new generation; a worker fills it and compares it with the one that answers.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        ProjectionNotFound, TenantUnknown: there is none.
        GenerationRefused: it is no read model, or can't be built now.
    """
    actor.require("platform:operate")
    await _check(command.projection, command.tenant_id, platform)
    made = await platform.generations.begin(command.projection, command.tenant_id, actor.name)
    fact = ProjectionRebuildStarted(
        projection=command.projection, version=made.version, generation=made.generation
    )
    recorded = await _record(fact, command.projection, actor, platform)
    return Changed(recorded=recorded, generation=made.generation)


async def switch_projection(
    command: SwitchProjection, actor: Actor, platform: PlatformPorts
) -> Changed:
    """Have another generation answer, from one moment on.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        ProjectionNotFound, TenantUnknown: there is none.
        GenerationRefused: it may not; the message says why.
    """
    actor.require("platform:operate")
    await _check(command.projection, command.tenant_id, platform)
    now = await platform.generations.answers(command.projection, command.tenant_id)
    records: list[Recorded] = []

    async def on_record(previous: int) -> None:
        fact = ProjectionSwitched(
            projection=command.projection,
            version=now.version,
            generation=command.generation,
            previous=previous,
            tenant_id=command.tenant_id,
        )
        records.append(await _record(fact, command.projection, actor, platform))

    before = await platform.generations.switch(command, actor.name, on_record)
    return Changed(recorded=records[0], generation=command.generation, previous=before)


async def roll_back_projection(
    command: RollBackProjection, actor: Actor, platform: PlatformPorts
) -> Changed:
    """Undo the last switch. Raises as `switch_projection` does."""
    actor.require("platform:operate")
    await _check(command.projection, command.tenant_id, platform)
    now = await platform.generations.answers(command.projection, command.tenant_id)
    records: list[Recorded] = []

    async def on_record(back: int) -> None:
        fact = ProjectionRolledBack(
            projection=command.projection,
            version=now.version,
            generation=back,
            previous=now.generation,
            tenant_id=command.tenant_id,
        )
        records.append(await _record(fact, command.projection, actor, platform))

    back = await platform.generations.roll_back(command, actor.name, on_record)
    return Changed(recorded=records[0], generation=back, previous=now.generation)


async def _check(projection: str, tenant_id: UUID | None, platform: PlatformPorts) -> None:
    if not platform.projections.knows(projection):
        raise operating.ProjectionNotFound
    if tenant_id is not None and not await platform.projections.knows_tenant(tenant_id):
        raise operating.TenantUnknown


async def _record(fact: Event, projection: str, actor: Actor, platform: PlatformPorts) -> Recorded:
    return await handlers.record(fact, streams.of_projection(projection), actor, platform.ports)
