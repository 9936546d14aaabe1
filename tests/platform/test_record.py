"""What administrators do stands in the platform's log, which is a log like any other."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import psycopg
import pytest

from application.actor import Actor, Cause, Forbidden
from application.platform import handlers
from domain.ids import PLATFORM, CommandId, Position
from domain.platform import streams
from domain.platform.events import ProjectionPaused
from infrastructure import settings
from interfaces import bootstrap
from tests.cli import installation
from tests.cli.installation import muniment
from tests.event_log import filled
from tests.servers import Database

PAUSED = ProjectionPaused(projection="document_list")
STREAM = streams.of_projection("document_list")


def administrator(role: str = "platform") -> Actor:
    cause = Cause(command_id=CommandId(uuid4()), correlation_id=uuid4())
    return Actor(tenant_id=PLATFORM, name="cli:ada", role=role, cause=cause)  # type: ignore[arg-type] # wrong ones too


def record(database: Database, count: int, role: str = "platform") -> list[Position]:
    """Positions of facts that are recorded all at once."""

    async def run() -> list[Position]:
        environ = installation.environment(database) | {"REDIS_URL": "redis://nowhere.invalid"}
        wired = bootstrap.web(settings.load(environ, None))
        async with AsyncExitStack() as stack:
            await bootstrap.open_databases(wired, stack)
            recorded = await asyncio.gather(
                *(
                    handlers.record(PAUSED, STREAM, administrator(role), wired.ports)
                    for _ in range(count)
                )
            )
            await wired.store.drain()
        return sorted(each.position for each in recorded)

    return asyncio.run(run())


def test_facts_that_come_together_are_all_recorded(database: Database) -> None:
    assert record(database, 4) == [1, 2, 3, 4]
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT DISTINCT tenant_id, stream_id, type, actor FROM log.events"
        ).fetchall()
    assert rows == [(PLATFORM, STREAM, "projection.paused", "cli:ada")]


@pytest.mark.parametrize("role", ["owner", "admin", "worker", "anonymous"])
def test_only_administrators_are_on_record(database: Database, role: str) -> None:
    with pytest.raises(Forbidden):
        record(database, 1, role)


def test_the_platforms_log_is_sealed_verified_and_read_by_its_name(database: Database) -> None:
    record(database, 1)
    filled.seal(database)
    verified = muniment(database, "events", "verify")
    assert f"{PLATFORM} (@platform): intact to position 1, sealed to 1" in verified.stdout
    told = muniment(database, "events", "tail", "--tenant", "@platform")
    assert told.stdout.split()[2] == "projection.paused"


def test_each_projection_has_a_stream_of_its_own() -> None:
    assert streams.of_projection("document_list") != streams.of_projection("document_status")
