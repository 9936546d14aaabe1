"""Commands about watchlists."""

from collections.abc import Callable, Sequence
from uuid import UUID

from application import deciding
from application.actor import Actor
from application.ports import Ports
from application.recorded import Recorded
from application.watchlists.commands import (
    AddTicker,
    CreateWatchlist,
    RemoveTicker,
    RemoveWatchlist,
    RenameWatchlist,
)
from domain.event import Event
from domain.ids import StreamId, Version
from domain.watchlists import watchlist
from domain.watchlists.watchlist import Watchlist


async def create_watchlist(command: CreateWatchlist, actor: Actor, ports: Ports) -> Recorded:
    """Create a watchlist that belongs to the actor.

    Raises:
        Forbidden: the actor may not have watchlists.
        WatchlistNameInvalid: the named rule is broken.
    """
    actor.require("watchlists:own")
    events = watchlist.create(owner_id=actor.person(), name=command.name)
    return await deciding.create(StreamId(ports.ids.new()), events, actor, ports)


async def rename_watchlist(
    command: RenameWatchlist, actor: Actor, ports: Ports, *, expected: Version | None = None
) -> Recorded:
    """Rename a watchlist of the actor's, if `expected` is given only at that version.

    Raises:
        Stale: the watchlist is at another version.
        Forbidden: the actor may not have watchlists.
        WatchlistNotFound: it is not there, or not the actor's.
        WatchlistNameInvalid: the named rule is broken.
    """
    actor.require("watchlists:own")
    by = actor.person()
    return await _change(
        command.watchlist_id,
        lambda state: watchlist.rename(state, by=by, name=command.name),
        actor,
        ports,
        expected,
    )


async def add_ticker(command: AddTicker, actor: Actor, ports: Ports) -> Recorded:
    """Watch a share; doing it again records nothing.

    Raises:
        Forbidden: the actor may not have watchlists.
        WatchlistNotFound: it is not there, or not the actor's.
        TickerInvalid, WatchlistFull: the named rule is broken.
    """
    actor.require("watchlists:own")
    by = actor.person()
    return await _change(
        command.watchlist_id,
        lambda state: watchlist.add_ticker(state, by=by, ticker=command.ticker),
        actor,
        ports,
    )


async def remove_ticker(command: RemoveTicker, actor: Actor, ports: Ports) -> Recorded:
    """Watch a share no more.

    Raises:
        Forbidden: the actor may not have watchlists.
        WatchlistNotFound, TickerNotWatched: it is not there, or not the actor's.
    """
    actor.require("watchlists:own")
    by = actor.person()
    return await _change(
        command.watchlist_id,
        lambda state: watchlist.remove_ticker(state, by=by, ticker=command.ticker),
        actor,
        ports,
    )


async def remove_watchlist(
    command: RemoveWatchlist, actor: Actor, ports: Ports, *, expected: Version | None = None
) -> Recorded:
    """Remove a watchlist of the actor's, if `expected` is given only at that version.

    Raises:
        Stale: the watchlist is at another version.
        Forbidden: the actor may not have watchlists.
        WatchlistNotFound: it is not there, or not the actor's.
    """
    actor.require("watchlists:own")
    by = actor.person()
    return await _change(
        command.watchlist_id,
        lambda state: watchlist.remove(state, by=by),
        actor,
        ports,
        expected,
    )


async def _change(
    watchlist_id: UUID,
    decision: Callable[[Watchlist], Sequence[Event]],
    actor: Actor,
    ports: Ports,
    expected: Version | None = None,
) -> Recorded:
    return await deciding.change(
        StreamId(watchlist_id),
        watchlist.evolve,
        decision,
        actor,
        ports,
        absent=watchlist.WatchlistNotFound,
        expected=expected,
    )
