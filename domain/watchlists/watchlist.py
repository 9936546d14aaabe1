"""A watchlist: shares that one person watches, seen and changed by nobody else."""

import re
from uuid import UUID

import msgspec

from domain.event import Conflict, Event, Invalid, NotFound, UnknownEvent
from domain.text import is_line
from domain.watchlists.events import (
    WatchlistCreated,
    WatchlistRemoved,
    WatchlistRenamed,
    WatchlistTickerAdded,
    WatchlistTickerRemoved,
)

NAME_LENGTH_MAX = 255
TICKERS_MAX = 500
TICKER_PATTERN = re.compile(r"[0-9]{4}")


class WatchlistNameInvalid(Invalid):
    """A watchlist's name is one line of 1 to 255 characters and not blank."""


class TickerInvalid(Invalid):
    """A ticker is exactly four digits."""


class WatchlistFull(Conflict):
    """A watchlist has at most 500 tickers."""


class WatchlistNotFound(NotFound):
    """There is no such watchlist."""


class TickerNotWatched(NotFound):
    """This ticker is not on the watchlist."""


class Watchlist(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one watchlist."""

    owner_id: UUID
    name: str
    tickers: frozenset[str] = frozenset()
    removed: bool = False


def create(*, owner_id: UUID, name: str) -> list[Event]:
    """Decide the making of a watchlist.

    Raises:
        WatchlistNameInvalid: see its message.
    """
    return [WatchlistCreated(owner_id=owner_id, name=_name(name))]


def rename(state: Watchlist, *, by: UUID, name: str) -> list[Event]:
    """Decide a new name; nothing happens where it is the present one.

    Raises:
        WatchlistNotFound: it was removed, or is somebody else's.
        WatchlistNameInvalid: see its message.
    """
    _check_owner(state, by)
    renamed = _name(name)
    return [] if renamed == state.name else [WatchlistRenamed(name=renamed)]


def add_ticker(state: Watchlist, *, by: UUID, ticker: str) -> list[Event]:
    """Decide to watch a share; nothing happens where it is watched already.

    Raises:
        WatchlistNotFound: it was removed, or is somebody else's.
        TickerInvalid, WatchlistFull: the named rule is broken.
    """
    _check_owner(state, by)
    if not TICKER_PATTERN.fullmatch(ticker):
        raise TickerInvalid
    if ticker in state.tickers:
        return []
    if len(state.tickers) >= TICKERS_MAX:
        raise WatchlistFull
    return [WatchlistTickerAdded(ticker=ticker)]


def remove_ticker(state: Watchlist, *, by: UUID, ticker: str) -> list[Event]:
    """Decide to watch a share no more.

    Raises:
        WatchlistNotFound: it was removed, or is somebody else's.
        TickerNotWatched: the share is not on it.
    """
    _check_owner(state, by)
    if ticker not in state.tickers:
        raise TickerNotWatched
    return [WatchlistTickerRemoved(ticker=ticker)]


def remove(state: Watchlist, *, by: UUID) -> list[Event]:
    """Decide the removal of a watchlist.

    Raises:
        WatchlistNotFound: it was removed before, or is somebody else's.
    """
    _check_owner(state, by)
    return [WatchlistRemoved()]


def _check_owner(state: Watchlist, by: UUID) -> None:
    if state.removed or state.owner_id != by:
        raise WatchlistNotFound


def _name(name: str) -> str:
    if not is_line(name, length_max=NAME_LENGTH_MAX):
        raise WatchlistNameInvalid
    return name.strip()


def evolve(state: Watchlist | None, event: Event) -> Watchlist:
    """Fold one event into the state."""
    match event, state:
        case WatchlistCreated(), None:
            return Watchlist(owner_id=event.owner_id, name=event.name)
        case WatchlistRenamed(), Watchlist():
            return msgspec.structs.replace(state, name=event.name)
        case WatchlistTickerAdded(), Watchlist():
            return msgspec.structs.replace(state, tickers=state.tickers | {event.ticker})
        case WatchlistTickerRemoved(), Watchlist():
            return msgspec.structs.replace(state, tickers=state.tickers - {event.ticker})
        case WatchlistRemoved(), Watchlist():
            return msgspec.structs.replace(state, removed=True)
        case _:
            raise UnknownEvent(event)
