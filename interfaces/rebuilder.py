"""Rebuilds that were asked for over HTTP, done in a worker, whatever becomes of the worker."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import structlog

from application.actor import Actor, Cause
from application.platform import handlers
from domain.event import Event
from domain.ids import PLATFORM, CommandId
from domain.platform import streams
from domain.platform.events import ProjectionRebuildCancelled, ProjectionRebuildFinished
from infrastructure.database import BatchDatabase
from infrastructure.settings import Settings
from interfaces import bootstrap
from interfaces.crew import Crew
from projections.engine import registry
from projections.engine.fill import Poisoned, Superseded
from projections.engine.projection import Projection
from projections.engine.rebuild import Built, Rebuild
from projections.engine.registry import Generation, NotPossible, Registry

ASKED_OVER_HTTP = "platform:"
PROCESSES = 1
"""One of its own: decoding and folding must not hold up the worker's projections."""

log = structlog.get_logger(__name__)


def waiting(database: BatchDatabase) -> list[Generation]:
    """Generations that nobody on a command line is building."""
    return [
        each
        for each in Registry(database).every()
        if each.made_by.startswith(ASKED_OVER_HTTP)
        and (each.state == "building" or (each.state == "ready" and each.differences is None))
    ]


def run(settings: Settings) -> None:
    """Bring every one of them as far as it comes. Several at once don't disturb each other."""
    workshop = bootstrap.rebuilding(settings)
    workshop.database.open()
    crew = Crew(settings, PROCESSES)
    try:
        known = {(each.name, each.version): each for each in workshop.projections}
        for generation in waiting(workshop.database):
            projection = known.get((generation.projection, generation.version))
            if projection is not None:
                rebuild = Rebuild(workshop.database, crew, by=generation.made_by)
                fact = _rebuild(workshop.database, rebuild, generation, projection)
                if fact is not None:
                    asyncio.run(_record(settings, fact, generation))
    finally:
        crew.close()
        workshop.database.close()


def _rebuild(
    database: BatchDatabase, rebuild: Rebuild, generation: Generation, projection: Projection
) -> Event | None:
    """What is to be put on record of how it ended; None where it is not ours to end."""
    chosen: Sequence[Projection] = [projection]
    of = {"projection": projection.name, "generation": generation.generation}
    tenant_id: UUID | None = generation.for_tenant
    built = Built.of(generation)
    try:
        if generation.state == "building":
            rebuild.fill(built, tenant_id, lambda _events: None)
            rebuild.finish(built, chosen)
        rebuild.compare(built, chosen, tenant_id, lambda _tenants: None)
    except Poisoned as error:
        log.exception("rebuild.given_up", **of, reason=str(error))
        changes = Registry(database)
        registry.insist(lambda: changes.drop(projection, generation.generation))
        return ProjectionRebuildCancelled(
            projection=projection.name,
            version=projection.version,
            generation=generation.generation,
        )
    except (NotPossible, Superseded) as error:
        log.info("rebuild.not_ours", **of, reason=str(error))
        return None
    differing = sum(built.differences.values())
    log.info("rebuild.done", **of, events=built.events, differences=differing)
    return ProjectionRebuildFinished(
        projection=projection.name,
        version=projection.version,
        generation=generation.generation,
        tenants=built.tenants,
        events=built.events,
    )


async def _record(settings: Settings, fact: Event, generation: Generation) -> None:
    async with bootstrap.recording(settings) as ports:
        cause = Cause(command_id=CommandId(ports.ids.new()), correlation_id=uuid4())
        actor = Actor(tenant_id=PLATFORM, name=generation.made_by, role="platform", cause=cause)
        stream_id = streams.of_projection(generation.projection)
        await handlers.record(fact, stream_id, actor, ports)
