"""What can be asked of watchlists."""

from uuid import UUID

import msgspec


class CreateWatchlist(msgspec.Struct, frozen=True, kw_only=True):
    """Make a watchlist of the actor's own."""

    name: str


class RenameWatchlist(msgspec.Struct, frozen=True, kw_only=True):
    """Give a watchlist another name."""

    watchlist_id: UUID
    name: str


class AddTicker(msgspec.Struct, frozen=True, kw_only=True):
    """Watch a share."""

    watchlist_id: UUID
    ticker: str


class RemoveTicker(msgspec.Struct, frozen=True, kw_only=True):
    """Watch a share no more."""

    watchlist_id: UUID
    ticker: str


class RemoveWatchlist(msgspec.Struct, frozen=True, kw_only=True):
    """Take a watchlist away."""

    watchlist_id: UUID
