"""What follows from an erasure: nothing personal of that person can be read any more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from application.jobs import Job
from application.recorded import RecordedEvent
from domain.logins.events import LoginErased
from infrastructure.sql import Queries
from projections.engine.projection import Projection, on

SQL = Queries(__package__, "erasures.sql")


class Erasures(Projection):
    """Not a read model: it destroys the keys of erased persons, in one transaction with its step.

    Done again it changes nothing, so replaying a log over a restored database erases again whoever
    was erased since the backup. Snapshots are states in plain: the whole tenant's go, and are
    taken again when they are wanted.
    """

    name = "erasures"
    version = 1
    queries = SQL
    tables = ()

    @on(LoginErased)
    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        """Erase everybody whose login these events end."""
        persons = [recorded.stream_id for recorded in events]
        connection.execute(SQL["erase"], {"tenant_id": tenant_id, "person_ids": persons})
        connection.execute(SQL["forget_snapshots"], {"tenant_id": tenant_id})
        return ()
