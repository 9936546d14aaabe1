"""How soon a read model has what was recorded, while 200 commands a second come in.

The commands are handled in this process as a web process handles them, without the HTTP around
them; a worker and a scheduler of their own run the projections. A watcher looks every few
milliseconds how far the read model has come. What is counted is the time from the command's answer,
when it is committed, until the watcher sees its position passed.
"""

import asyncio
import tempfile
import time
from collections import deque
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
import uvloop

from application.actor import Actor, Cause
from application.watchlists import handlers
from application.watchlists.commands import CreateWatchlist
from domain.ids import CommandId, TenantId
from infrastructure import database_url
from infrastructure import settings as settings_module
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.embedded.valkey import EmbeddedValkey
from interfaces import bootstrap, provision
from interfaces.parts import Web
from projections.watchlists.watchlist_list import WatchlistList
from tests import stack as stacks
from tests.benchmarks.report import Report, percentile
from tests.servers import APP_PASSWORD, Database

COMMANDS_A_SECOND = 200
SECONDS = 5.0
TENANTS = 20
LOOK_EVERY_SECONDS = 0.005
WAIT_SECONDS = 30.0
TARGET_MS = 100.0
DATABASE = "bench"
CHECKPOINTS = b"SELECT tenant_id, position FROM read.checkpoints WHERE projection = %s"


class Round(NamedTuple):
    """Commands a second, and milliseconds until each was visible."""

    rate: float
    visible: list[float]


def rows(report: Report, *, rounds: int) -> None:
    """Measure and report, over servers of its own."""
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as name:
        folder = Path(name)
        server, valkey = EmbeddedPostgres(folder), EmbeddedValkey(folder)
        try:
            server.start()
            valkey.start()
            provision.migrate_database(server.admin_url, DATABASE, app_password=APP_PASSWORD)
            admin_url = database_url.derive(server.admin_url, database=DATABASE)
            app_url = database_url.derive(admin_url, user=provision.APP_ROLE, password=APP_PASSWORD)
            database = Database(DATABASE, admin_url, app_url)
            broker_url = stacks.broker_of(valkey.url, 0)
            names = ["worker", "scheduler"]
            with stacks.running(database, broker_url, folder, names=names) as stack:
                settings = settings_module.load(stack.environment, None)
                made = uvloop.run(_rounds(bootstrap.web(settings), admin_url, rounds))
        finally:
            valkey.stop()
            server.stop()
    report.add("commands meanwhile", [each.rate for each in made], "commands/s")
    for name, share, target in (("p50", 0.5, None), ("p99", 0.99, TARGET_MS)):
        visible = [percentile(each.visible, share) for each in made]
        report.add(
            f"recorded until visible, {name}", visible, "ms", target=target, direction="at most"
        )


async def _rounds(web: Web, admin_url: str, rounds: int) -> list[Round]:
    async with AsyncExitStack() as stack:
        await bootstrap.open_databases(web, stack)
        watcher = await psycopg.AsyncConnection.connect(admin_url, autocommit=True)
        await stack.enter_async_context(watcher)
        actors = [_owner() for _ in range(TENANTS)]
        await _round(web, watcher, actors, 1.0)  # warm from here on
        made = [await _round(web, watcher, actors, SECONDS) for _ in range(rounds)]
        await web.store.drain()
    return made


def _owner() -> Actor:
    """Somebody who may have watchlists; the cause is each command's own."""
    cause = Cause(command_id=CommandId(uuid4()), correlation_id=uuid4())
    user_id = uuid4()
    return Actor(
        tenant_id=TenantId(uuid4()),
        name=f"user:{user_id}",
        role="owner",
        cause=cause,
        user_id=user_id,
    )


async def _round(
    web: Web,
    watcher: psycopg.AsyncConnection[tuple[UUID, int]],
    actors: list[Actor],
    seconds: float,
) -> Round:
    """Commands begin when the clock says so, whatever became of those before."""
    waiting: dict[UUID, deque[tuple[int, float]]] = {each.tenant_id: deque() for each in actors}
    count = round(COMMANDS_A_SECOND * seconds)
    watching = asyncio.create_task(_watch(watcher, waiting, count))
    began = time.perf_counter()

    async def one(number: int) -> None:
        someone = actors[number % len(actors)]
        cause = Cause(command_id=CommandId(uuid4()), correlation_id=uuid4())
        actor = Actor(
            tenant_id=someone.tenant_id,
            name=someone.name,
            role="owner",
            cause=cause,
            user_id=someone.user_id,
        )
        command = CreateWatchlist(name=f"Watchlist {number}")
        recorded = await handlers.create_watchlist(command, actor, web.ports)
        waiting[actor.tenant_id].append((recorded.position, time.perf_counter()))

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(began + number / COMMANDS_A_SECOND - time.perf_counter())
            group.create_task(one(number))
    rate = count / (time.perf_counter() - began)
    return Round(rate, await asyncio.wait_for(watching, WAIT_SECONDS))


async def _watch(
    connection: psycopg.AsyncConnection[tuple[UUID, int]],
    waiting: dict[UUID, deque[tuple[int, float]]],
    count: int,
) -> list[float]:
    """Milliseconds until each of `count` commands was seen to be passed."""
    visible: list[float] = []
    while len(visible) < count:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        cursor = await connection.execute(CHECKPOINTS, [WatchlistList.name])
        for tenant_id, position in await cursor.fetchall():
            commands = waiting.get(tenant_id, ())
            while commands and commands[0][0] <= position:
                recorded = commands.popleft()[1]
                visible.append((time.perf_counter() - recorded) * 1000)
    return visible
