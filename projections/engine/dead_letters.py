"""Parked streams taken up again.

One transaction takes in the events of the stream that were passed over, in their order, and parks
it no more. Where one of them fails, those before it stay taken in and the stream is parked there.
The rows are then what they would be had nothing ever failed.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from psycopg import Connection, sql
from psycopg.rows import scalar_row

from application.jobs import Job
from application.platform.ports import DeadLetter, Outcome
from domain.platform.operating import DeadLetterNotFound
from infrastructure.clock import TimeOrderedIds
from infrastructure.database import BatchDatabase
from infrastructure.event_log.rows import EventRow
from infrastructure.sql import Queries
from infrastructure.vault.vault import Vault
from projections.engine import generations, passed_over, reading
from projections.engine.alone import TEMPORARY, TIMED_OUT
from projections.engine.generations import Consumer
from projections.engine.reading import BATCH_EVENTS
from projections.engine.reading import SQL as ENGINE

SQL = Queries(__package__, "dead_letters.sql")

log = structlog.get_logger(__name__)


class Taken(NamedTuple):
    """What came of it, and the jobs to announce."""

    outcome: Outcome
    jobs: Sequence[Job]


def take_up(
    database: BatchDatabase, vault: Vault, consumer: Consumer, letter: DeadLetter, *, skip: bool
) -> Taken:
    """Take in what was passed over of a parked stream; with `skip` all but the event it is at.

    Where a row may hang on several streams, the tenant's rows are made anew from the log instead.

    Raises:
        DeadLetterNotFound: somebody else was faster.
        psycopg.OperationalError, Unavailable: something can't be reached; nothing has changed.
    """
    tenant_id = letter.tenant_id
    of = {**consumer.of(tenant_id), "id": letter.dead_letter_id}
    with database.transaction(tenant_id) as connection:
        connection.execute(SQL["wait_for_lock"])
        last = connection.cursor(row_factory=scalar_row).execute(SQL["checkpoint"], of).fetchone()
        parked = connection.execute(SQL["parked"], of).fetchone()
        if parked is None or last is None:
            raise DeadLetterNotFound
        stream_id, position = parked
        if skip and position != letter.position:
            raise DeadLetterNotFound  # what is on record is about another event
        if skip:
            connection.execute(SQL["skip"], {**of, "position": position})
        generations.enter(connection, consumer.schema)
        taking = _Taking(connection, vault, consumer, letter, stream_id, last)
        if consumer.projection.by_stream:
            taking.of_stream(position)
        else:
            taking.anew()
        if taking.is_parked(stream_id):
            return Taken("parked_again", taking.jobs)
        connection.execute(SQL["unpark"], of)
    return Taken("taken_in", taking.jobs)


class _Taking:
    """Events taken in behind the checkpoint, within one transaction."""

    def __init__(
        self,
        connection: Connection[Any],
        vault: Vault,
        consumer: Consumer,
        letter: DeadLetter,
        stream_id: UUID,
        last: int,
    ) -> None:
        self._connection, self._vault, self._consumer = connection, vault, consumer
        self._tenant_id, self._dead_letter_id = letter.tenant_id, letter.dead_letter_id
        self._stream_id, self._last = stream_id, last
        tenant_id = letter.tenant_id
        passed = passed_over.between(connection, tenant_id, 1, last)
        self._skipped = {place for name, place in passed.skipped if name == consumer.key.projection}
        self._parked = {stream for key, stream in passed.parked if key == consumer.key}
        self._parked.discard(stream_id)
        self.jobs: list[Job] = []

    def is_parked(self, stream_id: UUID) -> bool:
        """Whether the stream is parked, now that all is done."""
        return stream_id in self._parked

    def of_stream(self, first: int) -> None:
        """Take in the events of the stream from this position on."""
        rows = reading.rows_of_stream(
            self._connection, self._tenant_id, self._stream_id, first, self._last
        )
        for begin in range(0, len(rows), BATCH_EVENTS):
            self._take(rows[begin : begin + BATCH_EVENTS])

    def anew(self) -> None:
        """Forget the tenant's rows and take in its whole log as far as it was read."""
        for table in self._consumer.projection.tables:
            forget = sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table))
            self._connection.execute(forget, [self._tenant_id])
        for rows in self._whole_log():
            self._take(rows)

    def _whole_log(self) -> Iterator[list[EventRow]]:
        position = 0
        while position < self._last:
            limit = min(BATCH_EVENTS, self._last - position)
            rows = reading.rows_after(self._connection, self._tenant_id, position, limit)
            yield rows
            position += limit

    def _take(self, rows: Sequence[EventRow]) -> None:
        """All at once, and where that fails one by one, up to the one that is the matter."""
        wanted = [
            row
            for row in rows
            if row.stream_id not in self._parked and row.position not in self._skipped
        ]
        try:
            with self._connection.transaction():
                keys = reading.keys_of(self._connection, self._tenant_id, wanted, self._vault)
                events = [reading.decoded(row, keys) for row in wanted]
                taken = [each for each in events if self._consumer.projection.takes(each)]
                apply = self._consumer.projection.apply
                jobs = apply(self._connection, self._tenant_id, taken) if taken else ()
        except Exception as error:
            if isinstance(error, TEMPORARY) and not isinstance(error, TIMED_OUT):
                raise
            if len(wanted) > 1:
                for row in wanted:
                    self._take([row])
                return
            log.exception("projection.failed", **self._consumer.key._asdict())
            self._park(wanted[0], error)
        else:
            self.jobs += jobs

    def _park(self, row: EventRow, error: Exception) -> None:
        again = row.stream_id == self._stream_id
        self._parked.add(row.stream_id)
        parameters = {
            **self._consumer.of(self._tenant_id),
            "stream_id": row.stream_id,
            "position": row.position,
            "type": row.type,
            "failure": type(error).__name__,
            "dead_letter_id": self._dead_letter_id if again else TimeOrderedIds().new(),
            "attempts": 1,
        }
        self._connection.execute(SQL["park_again"] if again else ENGINE["park"], parameters)
