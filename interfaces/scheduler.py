"""The process that finds what was missed: the sweep behind every wake-up message."""

import asyncio
import contextlib
import signal
import time
from contextlib import AsyncExitStack

import psycopg
import psycopg_pool
import redis
import structlog
from psycopg import AsyncConnection
from psycopg.rows import scalar_row

from infrastructure import messages, pruning
from infrastructure.settings import Settings
from interfaces import backups, bootstrap, logging, parts, rebuilder, standbys, starting
from interfaces.backups import DailyBackup
from projections import catalogue
from projections.engine import standing
from projections.engine.alone import TABLES_LOST

SWEEP_SECONDS = 1.0
JOBS_PER_SWEEP = 200
JOB_WAITED_SECONDS = 2.0
"""A job younger than this has a message of its own under way."""
QUEUE_LENGTH_MAX = 500
"""Above this the workers have enough to do; sweeping would only add copies."""
REBUILD_EVERY_SECONDS = 3.0
PRUNE_EVERY_SECONDS = 60.0
STANDING_EVERY_SECONDS = 5.0
STANDING_SHARE = 10
"""Where looking at all tenants takes long, it is done for a tenth of the time at most."""
DATABASE_AWAY = (psycopg.OperationalError, psycopg_pool.PoolTimeout)
LEADER_LOCK = 0x6D756E696C656164  # "munilead": the key of the advisory lock

log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Sweep until a signal asks to stop. Of several schedulers one sweeps, the others stand by."""
    logging.configure(settings)
    starting.audit(settings)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    wired = bootstrap.scheduler(settings)
    async with AsyncExitStack() as stack:
        await bootstrap.open_databases(wired, stack)
        log.info("scheduler.ready")
        while not stop.is_set():
            try:
                await _lead(wired, settings, stop)
            except (*DATABASE_AWAY, *TABLES_LOST, redis.RedisError) as error:
                log.warning("sweep.interrupted", reason=type(error).__name__)
            await _pause(stop)
    log.info("scheduler.stopped")


async def _lead(wired: parts.Scheduler, settings: Settings, stop: asyncio.Event) -> None:
    """Sweep as long as the advisory lock is ours; it goes with its connection."""
    url = settings.required_database_url()
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
        if not await cursor.fetchone():
            return
        daily = DailyBackup(settings)
        keeping = asyncio.create_task(_keep_house(wired, settings, daily))
        try:
            while not stop.is_set():
                await cursor.execute("SELECT 1")  # still connected, so still the leader
                await sweep(wired)
                await standing.swept(wired.database)
                await _pause(stop)
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
            daily.end()


async def _keep_house(wired: parts.Scheduler, settings: Settings, daily: DailyBackup) -> None:
    """What need not be prompt, beside the sweep, which it must not hold up."""
    due = {"standing": 0.0, "prune": 0.0, "rebuild": 0.0, "backup": 0.0, "standbys": 0.0}
    while True:
        now = time.monotonic()
        try:
            if now >= due["standing"]:
                await standing.keep(
                    wired.database,
                    catalogue.PROJECTIONS,
                    overdue_seconds=settings.lag_seconds_max,
                )
                took = time.monotonic() - now
                due["standing"] = now + max(STANDING_EVERY_SECONDS, STANDING_SHARE * took)
            if now >= due["prune"]:
                due["prune"] = now + PRUNE_EVERY_SECONDS
                await pruning.prune(wired.database)
            if now >= due["rebuild"]:
                due["rebuild"] = now + REBUILD_EVERY_SECONDS
                if await asyncio.to_thread(rebuilder.waiting, wired.batch_database):
                    await asyncio.to_thread(wired.messages.rebuild)
            if now >= due["backup"]:
                due["backup"] = now + backups.LOOK_EVERY_SECONDS
                await daily.turn()
            if now >= due["standbys"]:
                due["standbys"] = now + standbys.LOOK_EVERY_SECONDS
                await asyncio.to_thread(standbys.drop, settings, wired.batch_database)
            await asyncio.to_thread(wired.sealer.turn)
        except DATABASE_AWAY as error:
            log.warning("housekeeping.interrupted", reason=type(error).__name__)
        except Exception:
            log.exception("housekeeping.failed")
        await asyncio.sleep(SWEEP_SECONDS)


async def sweep(wired: parts.Scheduler) -> None:
    """Send a wake-up for every tenant that is behind and every job that was left."""
    if (
        await asyncio.to_thread(messages.length, wired.broker, messages.PROJECTIONS)
        < QUEUE_LENGTH_MAX
    ):
        behind = await asyncio.to_thread(wired.runner.tenants_behind)
        await asyncio.to_thread(wired.messages.project, behind, whatever_waits=True)
    if await asyncio.to_thread(messages.length, wired.broker, messages.JOBS) < QUEUE_LENGTH_MAX:
        due = await wired.jobs.due(limit=JOBS_PER_SWEEP, older_than_seconds=JOB_WAITED_SECONDS)
        jobs = [(job.tenant_id, job.job_id) for job in due]
        await asyncio.to_thread(wired.messages.run, jobs)


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SWEEP_SECONDS):
            await stop.wait()
