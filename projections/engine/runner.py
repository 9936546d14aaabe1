"""Brings one projection up to the head of one tenant's log.

Each batch is one transaction: take the checkpoint's row (whoever holds it is the single writer),
read on from it, assert that nothing is missing, apply, move the checkpoint. So a wake-up message
may be lost, doubled or late without harm.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import args_row, scalar_row

from application.jobs import Job
from application.recorded import RecordedEvent
from infrastructure.database import BatchDatabase
from infrastructure.event_log import codec, rows
from infrastructure.event_log.store import SQL as LOG
from infrastructure.sql import Queries
from projections.engine.projection import Projection, Unavailable

SQL = Queries(__package__, "engine.sql")

BATCH_EVENTS = 500

log = structlog.get_logger(__name__)


class LogNotContiguous(Exception):  # noqa: N818 - named for what is the matter
    """The log skipped a position: no projection may go past that."""


class CaughtUp(msgspec.Struct, kw_only=True):
    """How far a run came: events passed, jobs to announce, and whether another run was at it."""

    events: int = 0
    jobs: list[Job] = []
    busy: bool = False


class Runner:
    """Runs projections for one tenant at a time; safe in any number of threads and processes."""

    def __init__(self, database: BatchDatabase, projections: Sequence[Projection]) -> None:
        self._database = database
        self._projections = {(each.name, each.version): each for each in projections}

    def run(self, tenant_id: UUID) -> CaughtUp:
        """Bring every projection that is behind up to the head."""
        total = CaughtUp()
        for projection in self._behind(tenant_id):
            done = self.catch_up(projection, tenant_id)
            total.events += done.events
            total.jobs += done.jobs
            total.busy = total.busy or done.busy
        return total

    def tenants_behind(self) -> list[UUID]:
        """Every tenant with an event that some projection has not read and may read now."""
        with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            return cursor.execute(SQL["tenants_behind"], self._names()).fetchall()

    def catch_up(
        self, projection: Projection, tenant_id: UUID, *, batch_events: int = BATCH_EVENTS
    ) -> CaughtUp:
        """Bring one projection up to the head.

        An event that the projection can't take parks its stream: the others go on without it.
        A database that can't be reached raises; trying again later is right.

        Raises:
            Unavailable: something else outside can't be reached; trying later is right as well.
            LogNotContiguous: events are missing.
        """
        done = CaughtUp()
        size = batch_events
        while True:
            try:
                passed = self._batch(projection, tenant_id, size, done)
            except (psycopg.OperationalError, Unavailable, LogNotContiguous) as error:
                self._note_failure(projection, tenant_id, error)
                raise
            except Exception as error:
                if size == 1:
                    log.exception("projection.failed", projection=projection.name)
                    self._park_next(projection, tenant_id, error)
                size = 1 if size > 1 else batch_events  # find the one event, then go on
                continue
            if passed is None:
                done.busy = True
                return done
            if passed == 0:
                return done
            done.events += passed

    def _batch(
        self, projection: Projection, tenant_id: UUID, size: int, done: CaughtUp
    ) -> int | None:
        """Apply up to `size` events; how many were passed, None while another run holds the row."""
        of = {"tenant_id": tenant_id, "projection": projection.name, "version": projection.version}
        with self._database.transaction(tenant_id) as connection:
            position = _locked_position(connection, of)
            if position is None:
                return None
            events = _read(connection, tenant_id, position, size)
            if not events:
                return 0
            parked = connection.cursor(row_factory=scalar_row).execute(SQL["parked"], of).fetchall()
            taken = [
                recorded
                for recorded in events
                if projection.takes(recorded) and recorded.stream_id not in parked
            ]
            jobs = projection.apply(connection, tenant_id, taken) if taken else ()
            connection.execute(SQL["move_checkpoint"], {**of, "position": events[-1].position})
        done.jobs += jobs
        return len(events)

    def _park_next(self, projection: Projection, tenant_id: UUID, error: Exception) -> None:
        of = {"tenant_id": tenant_id, "projection": projection.name, "version": projection.version}
        with self._database.transaction(tenant_id) as connection:
            position = _locked_position(connection, of)
            if position is None:
                return
            parameters = {"tenant_id": tenant_id, "after": position, "limit": 1}
            cursor = connection.cursor(row_factory=args_row(rows.EventRow))
            row = cursor.execute(LOG["read"], parameters).fetchone()
            if row is None:
                return
            failure = f"{type(error).__name__} at position {row.position}"
            parked = {"stream_id": row.stream_id, "position": row.position, "failure": failure}
            connection.execute(SQL["park"], {**of, **parked})
            connection.execute(SQL["move_checkpoint"], {**of, "position": row.position})

    def _note_failure(self, projection: Projection, tenant_id: UUID, error: Exception) -> None:
        of = {"tenant_id": tenant_id, "projection": projection.name, "version": projection.version}
        try:
            with self._database.transaction(tenant_id) as connection:
                connection.execute(SQL["note_failure"], {**of, "failure": type(error).__name__})
        except psycopg.OperationalError:
            log.warning("projection.failure_not_noted", projection=projection.name)

    def _behind(self, tenant_id: UUID) -> list[Projection]:
        parameters = {**self._names(), "tenant_id": tenant_id}
        with self._database.transaction(tenant_id) as connection:
            found = connection.execute(SQL["behind"], parameters).fetchall()
        return [self._projections[name, version] for name, version in found]

    def _names(self) -> dict[str, Any]:
        return {
            "projections": [name for name, _ in self._projections],
            "versions": [version for _, version in self._projections],
        }


def _locked_position(connection: Connection[Any], of: dict[str, Any]) -> int | None:
    cursor = connection.cursor(row_factory=scalar_row)
    position = cursor.execute(SQL["lock_checkpoint"], of).fetchone()
    if position is None:
        position = cursor.execute(SQL["create_checkpoint"], of).fetchone()
    return position


def _read(
    connection: Connection[Any], tenant_id: UUID, after: int, limit: int
) -> list[RecordedEvent]:
    parameters = {"tenant_id": tenant_id, "after": after, "limit": limit}
    cursor = connection.cursor(row_factory=args_row(rows.EventRow), binary=True)
    found = cursor.execute(LOG["read"], parameters).fetchall()
    for expected, row in enumerate(found, start=after + 1):
        if row.position != expected:
            raise LogNotContiguous(f"{tenant_id}: position {expected} is missing")
    return [_decoded(row) for row in found]


def _decoded(row: rows.EventRow) -> RecordedEvent:
    try:
        return rows.to_event(row)
    except codec.Undecodable as error:
        raise codec.Undecodable(f"position {row.position}: {error}") from error
