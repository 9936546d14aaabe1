"""The work that follows from facts about documents, written with the checkpoint."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from application.documents import reactions
from application.jobs import Job
from application.recorded import RecordedEvent
from infrastructure.sql import Queries
from projections.engine.projection import Projection, on

SQL = Queries(__package__, "pipeline_jobs.sql")


class PipelineJobs(Projection):
    """Not a read model: its rows are jobs, each asked for once whatever is replayed."""

    name = "pipeline_jobs"
    version = 1
    queries = SQL
    tables = ()

    @on(*reactions.HANDLED)
    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        """Write the jobs that these events ask for."""
        jobs = [job for recorded in events for job in reactions.jobs(recorded)]
        if jobs:
            parameters = {"tenant_id": tenant_id, "jobs": msgspec.json.encode(jobs).decode()}
            connection.execute(SQL["insert"], parameters)
        return jobs
