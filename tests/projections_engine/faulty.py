"""Projections that can't take events at certain positions, until they are healed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid5

import msgspec
import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from application.jobs import Job
from application.platform.ports import DeadLetter, Outcome
from application.recorded import RecordedEvent
from domain.documents.events import KnowledgeBaseCreated
from infrastructure.database import BatchDatabase
from infrastructure.sql import Queries
from projections.engine import dead_letters
from projections.engine.generations import Consumer
from projections.engine.projection import Projection, on
from projections.engine.row_fold import RowFold
from tests.servers import Database
from tests.vaults import VAULT

BAD: set[int] = set()
"""The positions that no faulty projection can take just now."""

NAMES = UUID("6d756e69-6d65-4e74-8a6f-746573740000")


def faulty(kind: type[Projection]) -> Projection:
    """A projection of this kind, that fails at the bad positions."""

    class Faulty(kind):  # type: ignore[misc, valid-type] # the kind is a value
        def apply(
            self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
        ) -> Sequence[Job]:
            jobs: Sequence[Job] = super().apply(connection, tenant_id, events)
            if any(recorded.position in BAD for recorded in events):
                raise ValueError("can't take this")
            return jobs

    made: Projection = Faulty()
    return made


class TallyRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a name was used."""

    tenant_id: UUID
    id: UUID
    positions: list[int]


class Tally(RowFold[TallyRow]):
    """One row a name, whichever streams use it, in the order in which they did."""

    name = "tally"
    version = 1
    queries = Queries("tests.projections_engine", "tally.sql")
    tables = ("tallies_v1",)
    row_type = TallyRow

    def key(self, recorded: RecordedEvent) -> UUID:
        assert isinstance(recorded.event, KnowledgeBaseCreated)
        return uuid5(NAMES, recorded.event.name)

    @on(KnowledgeBaseCreated)
    def created(
        self, row: TallyRow | None, _event: KnowledgeBaseCreated, recorded: RecordedEvent
    ) -> TallyRow:
        before = row.positions if row else []
        return TallyRow(
            tenant_id=recorded.tenant_id,
            id=self.key(recorded),
            positions=[*before, recorded.position],
        )


@contextmanager
def opened(database: Database) -> Iterator[BatchDatabase]:
    """The database, for batch work."""
    batch = BatchDatabase(database.app_url, size_max=20)
    batch.open()
    try:
        yield batch
    finally:
        batch.close()


def letters(database: Database) -> list[DeadLetter]:
    """Every dead letter, oldest first."""
    with psycopg.connect(database.app_url, row_factory=class_row(DeadLetter)) as connection:
        found = "SELECT * FROM read.dead_letters(NULL, NULL, NULL, NULL, 1000)"
        return connection.execute(found).fetchall()


def take_up(
    batch: BatchDatabase,
    projections: Sequence[Projection],
    letter: DeadLetter,
    *,
    skip: bool = False,
) -> Outcome:
    """Retry a dead letter, or skip its event."""
    (projection,) = (each for each in projections if each.name == letter.projection)
    consumer = Consumer(projection, letter.generation)
    return dead_letters.take_up(batch, VAULT, consumer, letter, skip=skip).outcome
