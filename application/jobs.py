"""Work that starts from the log: what a reaction asks a worker to do."""

from uuid import UUID, uuid5

import msgspec

from application.recorded import RecordedEvent
from domain.ids import StreamId, TenantId

JOBS = UUID("6d756e69-6d65-4e74-8a6f-627300000000")  # the namespace of job ids


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work. Its id follows from the event that caused it, so it is asked for once."""

    tenant_id: TenantId
    job_id: UUID
    kind: str
    stream_id: StreamId
    argument: str = ""


def job_for(cause: RecordedEvent, kind: str, argument: str = "") -> Job:
    """The job of this kind that follows from an event of the stream it is about."""
    name = f"{cause.tenant_id}/{cause.position}/{kind}/{argument}"
    return Job(
        tenant_id=cause.tenant_id,
        job_id=uuid5(JOBS, name),
        kind=kind,
        stream_id=cause.stream_id,
        argument=argument,
    )
