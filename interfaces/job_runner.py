"""Runs one job under a lease: kept alive while it works, given back when it fails."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from application.actor import Actor, Cause
from application.documents import pipeline, reactions
from domain.documents.stages import Stage
from domain.event import RuleBroken
from domain.ids import CommandId, TenantId
from infrastructure.jobs import ATTEMPTS_MAX, EXTEND_EVERY_SECONDS, Lease
from interfaces.parts import Worker

WORKER_DIED = (
    "worker_died",
    "Working on this document ended the worker three times. Check the file, then retry the stage.",
)
INTERNAL = (
    "internal_error",
    "Something went wrong here three times. Retry the stage; if it fails again, ask an operator.",
)

log = structlog.get_logger(__name__)


class JobRunner:
    """Knows what to do for each kind of job."""

    def __init__(self, wired: Worker) -> None:
        self._wired = wired
        self._kinds: dict[str, Callable[[Lease], Awaitable[object]]] = {
            reactions.RUN_STAGE: self._run_stage
        }
        self._give_up: dict[str, Callable[[Lease, tuple[str, str]], Awaitable[object]]] = {
            reactions.RUN_STAGE: self._fail_stage
        }

    async def run(self, tenant_id: UUID, job_id: UUID) -> None:
        """Do the job if it is free and due. A job that failed three times is given up."""
        lease = await self._wired.jobs.lease(tenant_id, job_id)
        if lease is None:
            if not await self._wired.jobs.knows(tenant_id, job_id):
                log.warning("job.refused", reason="the tenant has no such job")
            return
        with structlog.contextvars.bound_contextvars(job_id=str(job_id), kind=lease.kind):
            if lease.exhausted:
                await self._abandon(lease, WORKER_DIED, WORKER_DIED[0])
                return
            await self._work(lease)

    async def _work(self, lease: Lease) -> None:
        keeping = asyncio.create_task(self._keep(lease))
        try:
            await self._kinds[lease.kind](lease)
        except Exception as error:
            log.exception("job.failed", attempt=lease.attempts)
            await self._failed(lease, type(error).__name__)
        else:
            await self._wired.jobs.finish(lease)
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping

    async def _failed(self, lease: Lease, failure: str) -> None:
        if lease.attempts < ATTEMPTS_MAX:
            await self._wired.jobs.try_again(lease, failure)
            return
        await self._abandon(lease, INTERNAL, failure)

    async def _abandon(self, lease: Lease, why: tuple[str, str], failure: str) -> None:
        """Tell whoever waits for it, and never try it again by itself.

        A job about something that is not there has nobody to tell.
        """
        try:
            await self._give_up[lease.kind](lease, why)
        except (RuleBroken, LookupError, ValueError) as error:
            log.warning("job.refused", reason=type(error).__name__)
        await self._wired.jobs.quarantine(lease, failure)

    async def _keep(self, lease: Lease) -> None:
        """Extend the lease as long as the work lasts."""
        while True:
            await asyncio.sleep(EXTEND_EVERY_SECONDS)
            try:
                if not await self._wired.jobs.extend(lease):
                    log.warning("job.lease_lost")
                    return
            except Exception:
                log.exception("job.lease_not_extended")

    async def _run_stage(self, lease: Lease) -> object:
        recorded = await pipeline.run_stage(
            lease.stream_id,
            Stage(lease.argument),
            lease.attempts,
            self._actor(lease),
            self._wired.tools,
        )
        if recorded is None:
            log.info("job.nothing_to_do", reason="settled before, or no such document")
        return recorded

    async def _fail_stage(self, lease: Lease, why: tuple[str, str]) -> object:
        reason, detail = why
        return await pipeline.fail_stage(
            lease.stream_id,
            Stage(lease.argument),
            reason,
            detail,
            self._actor(lease),
            self._wired.tools,
        )

    def _actor(self, lease: Lease) -> Actor:
        return Actor(
            tenant_id=TenantId(lease.tenant_id),
            name="worker",
            role="worker",
            cause=Cause(
                command_id=CommandId(self._wired.tools.ports.ids.new()),
                correlation_id=lease.job_id,
            ),
        )
