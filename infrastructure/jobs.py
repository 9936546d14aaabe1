"""Jobs as leased rows: the lease of a worker that dies runs out, and the job is free again."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec
from psycopg.rows import class_row

from infrastructure.database import Database
from infrastructure.sql import Queries

SQL = Queries(__package__, "jobs.sql")

LEASE_SECONDS = 15
EXTEND_EVERY_SECONDS = 5
ATTEMPTS_MAX = 3


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A job in hand. `attempts` counts this one; `failure` is what ended the last one, if known."""

    tenant_id: UUID
    job_id: UUID
    lease_id: UUID
    kind: str
    stream_id: UUID
    argument: str
    attempts: int
    failure: str | None

    @property
    def exhausted(self) -> bool:
        """Whether every attempt allowed was made before this one."""
        return self.attempts > ATTEMPTS_MAX


class DueJob(msgspec.Struct, frozen=True):
    """A job that a worker could take now."""

    tenant_id: UUID
    job_id: UUID
    kind: str


class _Leased(msgspec.Struct, frozen=True):
    job_id: UUID
    kind: str
    stream_id: UUID
    argument: str
    attempts: int
    failure: str | None


class _Id(msgspec.Struct, frozen=True):
    job_id: UUID


class JobStore:
    """Leases on `work.jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, tenant_id: UUID, job_id: UUID) -> Lease | None:
        """Take the job, or None where it is done, not due, or in another worker's hands."""
        lease_id = uuid4()
        parameters = {"job_id": job_id, "lease_id": lease_id, "lease_seconds": LEASE_SECONDS}
        row = await self._database.row(tenant_id, SQL["lease"], parameters, _Leased)
        if row is None:
            return None
        return Lease(tenant_id=tenant_id, lease_id=lease_id, **msgspec.structs.asdict(row))

    async def knows(self, tenant_id: UUID, job_id: UUID) -> bool:
        """Whether the tenant has this job, in whatever state."""
        return (
            await self._database.row(tenant_id, SQL["known"], {"job_id": job_id}, _Id) is not None
        )

    async def extend(self, lease: Lease) -> bool:
        """Keep the lease for longer; False where it was lost."""
        return await self._run(lease, "extend", {"lease_seconds": LEASE_SECONDS})

    async def finish(self, lease: Lease) -> bool:
        """The job is done."""
        return await self._run(lease, "finish", {"state": "done", "failure": None})

    async def quarantine(self, lease: Lease, failure: str) -> bool:
        """The job will not be tried again by itself."""
        return await self._run(lease, "finish", {"state": "quarantined", "failure": failure})

    async def try_again(self, lease: Lease, failure: str) -> bool:
        """Give the job back, to be tried after a pause that doubles with each attempt."""
        parameters = {"failure": failure, "pause_seconds": 2 ** (lease.attempts - 1)}
        return await self._run(lease, "try_again", parameters)

    async def due(self, *, limit: int, older_than_seconds: float) -> Sequence[DueJob]:
        """Jobs of every tenant that wait for longer than that, or whose worker is gone."""
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(DueJob))
            parameters = {"limit": limit, "older_than_seconds": older_than_seconds}
            await cursor.execute(SQL["due"], parameters)
            return await cursor.fetchall()

    async def _run(self, lease: Lease, query: str, parameters: dict[str, object]) -> bool:
        of = {"job_id": lease.job_id, "lease_id": lease.lease_id, **parameters}
        return await self._database.row(lease.tenant_id, SQL[query], of, _Id) is not None
