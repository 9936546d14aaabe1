"""Facts about watchlists."""

from typing import ClassVar
from uuid import UUID

from domain.event import Event


class WatchlistCreated(Event, frozen=True):
    """A person made a watchlist of their own."""

    TYPE: ClassVar[str] = "watchlist.created"

    owner_id: UUID
    name: str


class WatchlistRenamed(Event, frozen=True):
    """The watchlist has another name."""

    TYPE: ClassVar[str] = "watchlist.renamed"

    name: str


class WatchlistTickerAdded(Event, frozen=True):
    """A share is watched; `ticker` is four digits."""

    TYPE: ClassVar[str] = "watchlist.ticker_added"

    ticker: str


class WatchlistTickerRemoved(Event, frozen=True):
    """A share is watched no more."""

    TYPE: ClassVar[str] = "watchlist.ticker_removed"

    ticker: str


class WatchlistRemoved(Event, frozen=True):
    """The watchlist is gone."""

    TYPE: ClassVar[str] = "watchlist.removed"
