"""The watchlists of a person, newest first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from application.recorded import RecordedEvent
from domain.ids import TenantId
from domain.watchlists.events import (
    WatchlistCreated,
    WatchlistRemoved,
    WatchlistRenamed,
    WatchlistTickerAdded,
    WatchlistTickerRemoved,
)
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "watchlist_list.sql")


class ListedWatchlist(msgspec.Struct, frozen=True, kw_only=True):
    """One watchlist, its tickers in order; `position` is where it entered the log."""

    id: UUID
    name: str
    tickers: Sequence[str]
    version: int
    position: int
    created_at: datetime


class WatchlistRow(ListedWatchlist, frozen=True, kw_only=True):
    """One row of the table."""

    tenant_id: UUID
    owner_id: UUID


class WatchlistList(RowFold[WatchlistRow]):
    """One row a watchlist that was not removed."""

    name = "watchlist_list"
    version = 1
    queries = SQL
    tables = ("watchlists_v1",)
    row_type = WatchlistRow

    @on(WatchlistCreated)
    def created(
        self, _row: WatchlistRow | None, event: WatchlistCreated, recorded: RecordedEvent
    ) -> WatchlistRow:
        """A watchlist comes to be."""
        return WatchlistRow(
            tenant_id=recorded.tenant_id,
            owner_id=event.owner_id,
            id=recorded.stream_id,
            name=event.name,
            tickers=[],
            version=recorded.version,
            position=recorded.position,
            created_at=recorded.recorded_at,
        )

    @on(WatchlistRenamed)
    def renamed(
        self, row: WatchlistRow | None, event: WatchlistRenamed, recorded: RecordedEvent
    ) -> WatchlistRow | None:
        """It has another name."""
        if row is None:
            return None
        return msgspec.structs.replace(row, name=event.name, version=recorded.version)

    @on(WatchlistTickerAdded)
    def ticker_added(
        self, row: WatchlistRow | None, event: WatchlistTickerAdded, recorded: RecordedEvent
    ) -> WatchlistRow | None:
        """One more share is watched."""
        if row is None:
            return None
        tickers = sorted({*row.tickers, event.ticker})
        return msgspec.structs.replace(row, tickers=tickers, version=recorded.version)

    @on(WatchlistTickerRemoved)
    def ticker_removed(
        self, row: WatchlistRow | None, event: WatchlistTickerRemoved, recorded: RecordedEvent
    ) -> WatchlistRow | None:
        """One share less is watched."""
        if row is None:
            return None
        tickers = [ticker for ticker in row.tickers if ticker != event.ticker]
        return msgspec.structs.replace(row, tickers=tickers, version=recorded.version)

    @on(WatchlistRemoved)
    def removed(
        self, _row: WatchlistRow | None, _event: WatchlistRemoved, _recorded: RecordedEvent
    ) -> None:
        """It leaves the list."""
        return


async def one(
    database: Database, tenant_id: TenantId, owner_id: UUID, watchlist_id: UUID
) -> ListedWatchlist | None:
    """One watchlist of this person."""
    parameters = {"id": watchlist_id, "owner_id": owner_id}
    return await database.row(tenant_id, SQL["one"], parameters, ListedWatchlist)


async def page(
    database: Database, tenant_id: TenantId, owner_id: UUID, *, before: int, limit: int
) -> Sequence[ListedWatchlist]:
    """Up to `limit` watchlists of this person from before position `before`."""
    parameters = {"owner_id": owner_id, "before": before, "limit": limit}
    return await database.rows(tenant_id, SQL["page"], parameters, ListedWatchlist)
