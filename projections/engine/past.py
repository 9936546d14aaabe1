"""Rows of read models as they were at a position: a fold of their streams up to there.

The handlers are those of the projection, so what is read here is what its table held when it had
read the log so far. No table is needed for it, and the log is never behind.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from application.recorded import RecordedEvent
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.event_log import positions, rows
from infrastructure.event_log.positions import Now
from infrastructure.vault.vault import NO_KEYS, Keys, Vault
from projections.engine import reading
from projections.engine.row_fold import Row, RowFold

EVENTS_MAX = 10_000
"""How many events one answer folds. A page of 200 documents takes about 2,500."""

log = structlog.get_logger(__name__)


class TooMuchHistory(Exception):  # noqa: N818 - named for what is the matter
    """To answer as of then takes more than 10,000 events; ask for fewer things at once."""


class Past:
    """Reads what was, for one tenant at a time."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def now(self, tenant_id: TenantId) -> Now:
        """Where the log ends and what time it is: beyond them nothing is past."""
        return await positions.now(self._database, tenant_id)

    async def position_at(self, tenant_id: TenantId, time: datetime, *, head: int) -> Position:
        """The last position recorded at a time or before it; 0 before the first."""
        return await positions.at(self._database, tenant_id, time, head=head)

    async def row(
        self, fold: RowFold[Row], tenant_id: TenantId, key: UUID, until: Position
    ) -> Row | None:
        """One row as it was at `until`; None where there was none. Raises as `rows`."""
        found = await self.rows(fold, tenant_id, [key], until)
        return found[0] if found else None

    async def rows(
        self, fold: RowFold[Row], tenant_id: TenantId, keys: Sequence[UUID], until: Position
    ) -> list[Row]:
        """The rows of these streams that there were at `until`, in the order of `keys`.

        What is personal reads as erased where the key is gone, whenever that was.

        Args:
            fold: one whose rows hang each on a stream of its own (`by_stream`).

        Raises:
            TooMuchHistory: the streams have too many events.
        """
        if not keys:
            return []
        parameters = {
            "projection": fold.name,
            "stream_ids": list(keys),
            "until": until,
            "limit": EVENTS_MAX + 1,
        }
        query = reading.SQL["rows_of_streams"]
        found = await self._database.rows(tenant_id, query, parameters, rows.EventRow)
        if len(found) > EVENTS_MAX:
            raise TooMuchHistory
        persons = rows.persons(found)
        opened = await self._vault.keys(self._database, tenant_id, persons) if persons else NO_KEYS
        made = await asyncio.to_thread(_folded, fold, found, opened)
        return [row for key in keys if (row := made.get(key)) is not None]


def _folded(
    fold: RowFold[Row], found: Iterable[rows.EventRow], keys: Keys
) -> dict[UUID, Row | None]:
    """An event that can't be taken ends its stream here, as it parks it in the read model."""
    made: dict[UUID, Row | None] = {}
    ended: set[UUID] = set()
    for each in found:
        if each.stream_id in ended:
            continue
        try:
            recorded: RecordedEvent = reading.decoded(each, keys)
            fold.fold(made, [recorded])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this event
            log.warning("past.ended", projection=fold.name, reason=type(error).__name__)
            ended.add(each.stream_id)
    return made
