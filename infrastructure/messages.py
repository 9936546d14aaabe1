"""Wake-up messages over Valkey: hints only, the sweep is the truth.

Every message goes to one of two queues, so that long jobs never stand before projections.
"""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker

from application.jobs import Job
from domain.ids import TenantId
from infrastructure import notices
from infrastructure.tickets import Tickets

PROJECTIONS = "projections"
JOBS = "jobs"
PROJECT = "project"
RUN_JOB = "run_job"
REBUILD = "rebuild"
COALESCE_SECONDS = 0.01

log = structlog.get_logger(__name__)


def broker(redis_url: str) -> RedisBroker:
    """A broker without Dramatiq's retries: what failed is found again by the sweep."""
    client = redis.Redis.from_url(
        redis_url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=30
    )
    made = RedisBroker(
        client=client, middleware=[], namespace="muniment", maintenance_chance=10_000
    )  # type: ignore[no-untyped-call] # dramatiq's Redis broker has no annotations
    made.declare_queue(PROJECTIONS)
    made.declare_queue(JOBS)
    made.delay_queues.clear()  # nothing is sent to arrive later, so no worker need look for it
    return made


def length(broker: RedisBroker, queue: str) -> int:
    """How many messages wait in a queue, those that workers have fetched not counted.

    Raises:
        redis.RedisError: the broker can't be reached.
    """
    return int(broker.client.llen(f"{broker.namespace}:{queue}"))


class Messages:
    """Sends wake-ups. A broker that can't be reached costs latency, never work."""

    def __init__(self, broker: RedisBroker) -> None:
        self._broker = broker
        self._tickets = Tickets(broker.client, broker.namespace)
        self._dirty: set[TenantId] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self, tenant_id: TenantId) -> None:
        """After a commit: have the tenant's projections run, once for all commits of 10 ms."""
        if not self._dirty:
            task = asyncio.get_running_loop().create_task(self._flush())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._dirty.add(tenant_id)

    def project(self, tenant_ids: Iterable[UUID], *, whatever_waits: bool = False) -> None:
        """Have these tenants' projections run.

        A tenant for which a message waits already needs no other; but `whatever_waits` sends one,
        since that message may be lost.
        """
        for tenant_id in tenant_ids:
            try:
                ticket, is_new = self._tickets.draw(tenant_id)
            except redis.RedisError as error:
                log.warning("wake_up.not_sent", queue=PROJECTIONS, reason=type(error).__name__)
                continue
            if is_new or whatever_waits:
                self._send(PROJECTIONS, PROJECT, str(tenant_id), ticket)

    def is_due(self, tenant_id: UUID, ticket: str) -> bool:
        """Whether the message with this ticket is the one to work on; ask once, then do."""
        try:
            return self._tickets.hand_in(tenant_id, ticket)
        except redis.RedisError:
            return True

    def run(self, jobs: Iterable[tuple[UUID, UUID]]) -> None:
        """Have these jobs, `(tenant, job)`, run."""
        for tenant_id, job_id in jobs:
            self._send(JOBS, RUN_JOB, str(tenant_id), str(job_id))

    def rebuild(self) -> None:
        """Have a worker go on with the rebuilds that wait."""
        self._send(JOBS, REBUILD)

    def announce(self, jobs: Iterable[Job]) -> None:
        """Have these jobs run."""
        self.run((job.tenant_id, job.job_id) for job in jobs)

    def moved(self, tenant_id: UUID) -> None:
        """Tell those who wait for the tenant's read models to look again."""
        try:
            notices.send(self._broker.client, tenant_id)
        except redis.RedisError as error:
            log.warning("notice.not_sent", reason=type(error).__name__)

    async def _flush(self) -> None:
        await asyncio.sleep(COALESCE_SECONDS)
        tenant_ids, self._dirty = self._dirty, set()
        await asyncio.to_thread(self.project, tenant_ids)

    def _send(self, queue: str, actor: str, *args: Any) -> None:
        message = dramatiq.Message[None](
            queue_name=queue, actor_name=actor, args=args, kwargs={}, options={}
        )
        try:
            self._broker.enqueue(message)
        except (dramatiq.errors.ConnectionError, redis.RedisError) as error:
            log.warning("wake_up.not_sent", queue=queue, reason=type(error).__name__)
