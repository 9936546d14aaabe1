"""One projection of one tenant, batch by batch, finding and parking what it can't take."""

import math
import time
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import scalar_row

from infrastructure.clock import TimeOrderedIds
from infrastructure.database import BatchDatabase
from infrastructure.vault.master_keys import MasterKeyUnknown
from infrastructure.vault.vault import Vault
from projections.engine import generations, passed_over, reading
from projections.engine.generations import Consumer
from projections.engine.projection import Unavailable
from projections.engine.reading import BATCH_EVENTS, SQL, CaughtUp, LogNotContiguous

TABLES_LOST = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
)
TEMPORARY = (
    psycopg.OperationalError,
    Unavailable,
    LogNotContiguous,
    MasterKeyUnknown,
    *TABLES_LOST,
)
"""What is the matter with the surroundings, not with an event: nothing is parked for it."""
TIMED_OUT = psycopg.errors.QueryCanceled
"""A statement ran into its time-out: the surroundings', and if it goes on so, the event's own."""
TIMEOUTS_MAX = 5
"""After so many in a row over the same event its stream is parked: some three minutes of trying."""

log = structlog.get_logger(__name__)


def catch_up(
    database: BatchDatabase,
    consumer: Consumer,
    tenant_id: UUID,
    *,
    vault: Vault,
    batch_events: int = BATCH_EVENTS,
    one_by_one: bool = False,
    until: float = math.inf,
) -> CaughtUp:
    """Bring one projection up to the head, or as far as it comes until `time.monotonic()` is there.

    An event that the projection can't take parks its stream: the others go on without it. So does
    one that ran into the time-out of a statement `TIMEOUTS_MAX` times.

    Args:
        one_by_one: begin with a batch of one event, because a larger one has timed out before.

    Raises:
        psycopg.OperationalError, Unavailable: something can't be reached; trying later is right.
        psycopg.errors.UndefinedTable: its tables are gone, until somebody rebuilds them.
        LogNotContiguous: events are missing.
        MasterKeyUnknown: the vault can't use a key that it has.
    """
    done = CaughtUp()
    size = 1 if one_by_one else batch_events
    while True:
        try:
            passed = _batch(database, consumer, tenant_id, size, done, vault)
        except Exception as error:
            attempts = 1
            if isinstance(error, TEMPORARY) and not (size > 1 and isinstance(error, TIMED_OUT)):
                attempts = _note_failure(database, consumer, tenant_id, error)
                if attempts < TIMEOUTS_MAX or not isinstance(error, TIMED_OUT):
                    raise
            if size == 1:
                log.exception("projection.failed", **consumer.key._asdict())
                _park_next(database, consumer, tenant_id, error, attempts)
            size = 1  # find the one event that is the matter; then batches grow again
            continue
        if passed is None:
            done.busy = True
            return done
        if passed == 0:
            return done
        done.events += passed
        if time.monotonic() >= until:
            done.more = True
            return done
        size = min(size * 2, batch_events)


def _batch(
    database: BatchDatabase,
    consumer: Consumer,
    tenant_id: UUID,
    size: int,
    done: CaughtUp,
    vault: Vault,
) -> int | None:
    """Apply up to `size` events; how many were passed, None while another run holds the row."""
    of = consumer.of(tenant_id)
    with database.transaction(tenant_id) as connection:
        if consumer.schema != generations.schema(generations.FIRST):
            generations.enter(connection, consumer.schema)
        position = reading.locked_position(connection, of)
        if position is None:
            return None
        events = reading.events_after(connection, tenant_id, position, size, vault)
        if not events:
            return 0
        passed = passed_over.between(connection, tenant_id, position + 1, events[-1].position)
        taken = passed.taken(consumer, events)
        jobs = consumer.projection.apply(connection, tenant_id, taken) if taken else ()
        connection.execute(SQL["move_checkpoint"], {**of, "position": events[-1].position})
    done.jobs += jobs
    return len(events)


def _park_next(
    database: BatchDatabase, consumer: Consumer, tenant_id: UUID, error: Exception, attempts: int
) -> None:
    of = consumer.of(tenant_id)
    with database.transaction(tenant_id) as connection:
        position = reading.locked_position(connection, of)
        if position is None:
            return
        for row in reading.rows_after(connection, tenant_id, position, 1):
            passed = passed_over.between(connection, tenant_id, row.position, row.position)
            if passed.is_skipped(consumer, row.position):
                connection.execute(SQL["move_checkpoint"], {**of, "position": row.position})
                continue
            parked = {
                "stream_id": row.stream_id,
                "position": row.position,
                "type": row.type,
                "failure": type(error).__name__,
                "dead_letter_id": TimeOrderedIds().new(),
                "attempts": attempts,
            }
            connection.execute(SQL["park"], {**of, **parked})
            connection.execute(SQL["move_checkpoint"], {**of, "position": row.position})


def _note_failure(
    database: BatchDatabase, consumer: Consumer, tenant_id: UUID, error: Exception
) -> int:
    """How many there were in a row; 0 where that can't be told."""
    try:
        with database.transaction(tenant_id) as connection:
            of = {**consumer.of(tenant_id), "failure": type(error).__name__}
            cursor = connection.cursor(row_factory=scalar_row)
            return cursor.execute(SQL["note_failure"], of).fetchone() or 0
    except psycopg.OperationalError:
        log.warning("projection.failure_not_noted", **consumer.key._asdict())
        return 0
