"""Generations that answered before a switch are dropped some days later, on record."""

import asyncio
from functools import partial
from uuid import uuid4

import structlog

from application.actor import Actor, Cause
from application.platform import handlers
from domain.event import Event
from domain.ids import PLATFORM, CommandId
from domain.platform import streams
from domain.platform.events import ProjectionGenerationDropped
from infrastructure.database import BatchDatabase
from infrastructure.settings import Settings
from interfaces import bootstrap
from projections import catalogue
from projections.engine import standbys
from projections.engine.registry import NotPossible

LOOK_EVERY_SECONDS = 60.0
ACTOR = "scheduler"

log = structlog.get_logger(__name__)


def drop(settings: Settings, database: BatchDatabase) -> None:
    """Drop those that are old enough; what can't be dropped now is tried again at the next look."""
    days = settings.standby_days
    if not days:
        return
    known = {(each.name, each.version): each for each in catalogue.PROJECTIONS}
    for key in standbys.long_ago(database, catalogue.PROJECTIONS, days=days):
        fact = ProjectionGenerationDropped(
            projection=key.projection, version=key.version, generation=key.generation
        )
        on_record = partial(_record_now, settings, fact)
        projection = known[key.projection, key.version]
        try:
            standbys.drop(database, projection, key, days=days, on_record=on_record)
        except NotPossible as error:
            log.info("standby.kept", **key._asdict(), reason=str(error))
        else:
            log.info("standby.dropped", **key._asdict())


def _record_now(settings: Settings, fact: ProjectionGenerationDropped) -> None:
    asyncio.run(_record(settings, fact, fact.projection))


async def _record(settings: Settings, fact: Event, projection: str) -> None:
    async with bootstrap.recording(settings) as ports:
        cause = Cause(command_id=CommandId(ports.ids.new()), correlation_id=uuid4())
        actor = Actor(tenant_id=PLATFORM, name=ACTOR, role="platform", cause=cause)
        await handlers.record(fact, streams.of_projection(projection), actor, ports)
