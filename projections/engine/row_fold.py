"""Read models that are one row a key: each event folds into its row.

The rows that a batch touches are read by one statement, folded in memory, and written back by
one; so the size of a batch changes nothing but the speed.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import tuple_row

from application.jobs import Job
from application.recorded import RecordedEvent
from projections.engine.projection import Projection

ROWS_AT_ONCE = 1000

Row = TypeVar("Row", bound=msgspec.Struct)


class RowFold(Projection, Generic[Row]):
    """A projection with handlers `(row or None, event, recorded) -> row or None`.

    None as a result removes the row. The fields of `row_type` are the columns of the table. The
    queries needed: `select_rows` (by `keys`, each row as one JSON object), `upsert_rows` (from
    `rows`, a JSON array of such objects), `delete_rows` (by `keys`).
    """

    row_type: ClassVar[type[msgspec.Struct]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.key is not RowFold.key and "by_stream" not in vars(cls):
            cls.by_stream = False  # events of several streams may meet in one row

    def key(self, recorded: RecordedEvent) -> UUID:
        """Which row an event belongs to; its stream's, unless overridden."""
        return recorded.stream_id

    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        """Fold the events into their rows."""
        keys = list({self.key(recorded): None for recorded in events})
        before = self.read_rows(connection, tenant_id, keys)
        rows: dict[UUID, Row | None] = dict(before)
        self.fold(rows, events)
        gone = [key for key, row in rows.items() if row is None and key in before]
        self.write_rows(connection, tenant_id, rows.values(), gone)
        return ()

    def fold(self, rows: dict[UUID, Row | None], events: Iterable[RecordedEvent]) -> None:
        """Take each event that has a handler into its row; None stands for no row."""
        handlers = self.bound_handlers
        for recorded in events:
            handle = handlers.get(type(recorded.event))
            if handle is not None:
                key = self.key(recorded)
                rows[key] = handle(rows.get(key), recorded.event, recorded)

    def write_rows(
        self,
        connection: Connection[Any],
        tenant_id: UUID,
        rows: Iterable[Row | None],
        gone: Sequence[UUID],
    ) -> None:
        """Write the rows that are there, and delete those of the keys `gone`."""
        kept = (row for row in rows if row is not None)
        while some := list(islice(kept, ROWS_AT_ONCE)):
            parameters = {"tenant_id": tenant_id, "rows": msgspec.json.encode(some).decode()}
            connection.execute(self.queries["upsert_rows"], parameters)
        if gone:
            parameters = {"tenant_id": tenant_id, "keys": gone}
            connection.execute(self.queries["delete_rows"], parameters)

    def read_rows(
        self, connection: Connection[Any], tenant_id: UUID, keys: list[UUID]
    ) -> dict[UUID, Row]:
        """Query `select_rows` gives `(key, row as JSON text)`."""
        with connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(self.queries["select_rows"], {"tenant_id": tenant_id, "keys": keys})
            decoder = msgspec.json.Decoder(self.row_type)
            return {key: decoder.decode(row) for key, row in cursor.fetchall()}  # type: ignore[misc] # row_type is Row, which ClassVar can't say
