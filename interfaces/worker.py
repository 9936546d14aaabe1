"""The process that runs projections and jobs, woken by messages."""

import signal
import threading
import time
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import dramatiq
import structlog
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import AsyncIO

from infrastructure import messages
from infrastructure.settings import Settings
from interfaces import bootstrap, logging, parts, rebuilder, starting
from interfaces.job_runner import JobRunner
from interfaces.tenant_turns import TenantTurns
from projections.engine.reading import CaughtUp
from projections.engine.runner import Runner

POLL_MILLISECONDS = 50
STOP_MILLISECONDS = 9_000
BUSY_SECONDS = 0.02

log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Work until a signal asks to stop; what is in hand is finished first."""
    logging.configure(settings)
    starting.audit(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    wired = bootstrap.worker(settings)
    wired.embedder.load()
    broker = messages.broker(settings.required_redis_url())
    broker.add_middleware(ConnectedLoop(wired))
    _declare_actors(broker, wired)
    worker = dramatiq.Worker(
        broker, worker_threads=settings.worker_threads, worker_timeout=POLL_MILLISECONDS
    )
    worker.start()
    log.info("worker.ready", threads=settings.worker_threads)
    stop.wait()
    worker.stop(timeout=STOP_MILLISECONDS)
    wired.parser.close()
    log.info("worker.stopped")


class ConnectedLoop(AsyncIO):
    """The event loop of the asynchronous actors, with the databases open on it."""

    def __init__(self, wired: parts.Worker) -> None:
        super().__init__()
        self._wired = wired
        self._stack = AsyncExitStack()

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        """Connect before the first message is taken."""
        super().before_worker_boot(broker, worker)  # type: ignore[no-untyped-call] # dramatiq
        get_event_loop_thread().run_coroutine(  # type: ignore[union-attr] # just started
            bootstrap.open_databases(self._wired, self._stack)
        )

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Disconnect after the last."""
        loop = get_event_loop_thread()
        loop.run_coroutine(self._wired.store.drain())  # type: ignore[union-attr] # runs until below
        loop.run_coroutine(self._stack.aclose())  # type: ignore[union-attr] # as above
        super().after_worker_shutdown(broker, worker)  # type: ignore[no-untyped-call] # dramatiq


def _declare_actors(broker: dramatiq.Broker, wired: parts.Worker) -> None:
    runner = JobRunner(wired)
    rebuilding = threading.Lock()  # one thread of a worker is enough for it

    def catch_up(tenant_id: UUID, until: float) -> bool:
        done = taken_in(wired.runner, tenant_id, until)
        if not done.events and not wired.runner.knows(tenant_id):
            log.warning("wake_up.refused", reason="there is no such tenant")
        wired.messages.announce(done.jobs)
        return done.more

    turns = TenantTurns(catch_up, lambda tenant_id: wired.messages.project([tenant_id]))

    def project(tenant_id: str, ticket: str) -> None:
        ids = _ids(tenant_id)
        if ids is None:
            log.warning("wake_up.refused", reason="that is no id")
        elif wired.messages.is_due(ids[0], ticket):
            turns.take(ids[0])

    async def run_job(tenant_id: str, job_id: str) -> None:
        ids = _ids(tenant_id, job_id)
        if ids is None:
            log.warning("job.refused", reason="that is no id")
        else:
            await runner.run(*ids)

    def rebuild() -> None:
        if rebuilding.acquire(blocking=False):
            try:
                rebuilder.run(wired.settings)
            finally:
                rebuilding.release()

    # Projections go first whatever else waits: they are short, and readers wait for them.
    declare = dramatiq.actor(
        broker=broker, actor_name=messages.PROJECT, queue_name=messages.PROJECTIONS, priority=0
    )
    declare(project)
    declare = dramatiq.actor(
        broker=broker, actor_name=messages.RUN_JOB, queue_name=messages.JOBS, priority=10
    )
    declare(run_job)
    declare = dramatiq.actor(
        broker=broker, actor_name=messages.REBUILD, queue_name=messages.JOBS, priority=20
    )
    declare(rebuild)


def taken_in(runner: Runner, tenant_id: UUID, until: float) -> CaughtUp:
    """What a turn comes to. Where another process is at the tenant, it may have looked before the
    event that this turn is for: so look again until it is done, or the turn is over."""
    done = runner.run(tenant_id, until=until)
    while done.busy and not done.events and time.monotonic() < until:
        time.sleep(BUSY_SECONDS)
        done = runner.run(tenant_id, until=until)
    return done


def _ids(*texts: str) -> tuple[UUID, ...] | None:
    """The ids of a message; None where one is none: anybody may have put it into the queue."""
    try:
        return tuple(UUID(text) for text in texts)
    except (ValueError, TypeError, AttributeError):
        return None
