"""What may happen to a watchlist."""

from uuid import UUID

import pytest

from domain.watchlists import watchlist
from domain.watchlists.events import (
    WatchlistCreated,
    WatchlistRemoved,
    WatchlistRenamed,
    WatchlistTickerAdded,
    WatchlistTickerRemoved,
)
from tests.given import given

ADA, BOB = UUID(int=1), UUID(int=2)
CREATED = WatchlistCreated(owner_id=ADA, name="Banks")
ARAMCO = WatchlistTickerAdded(ticker="2222")


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "two\nlines"])
def test_a_name_is_one_printable_line(name: str) -> None:
    given(watchlist.evolve).when(watchlist.create, owner_id=ADA, name=name).then_refused(
        watchlist.WatchlistNameInvalid
    )


def test_the_owner_renames_a_watchlist() -> None:
    given(watchlist.evolve, [CREATED]).when(watchlist.rename, by=ADA, name=" Energy ").then(
        WatchlistRenamed(name="Energy")
    )


def test_the_name_it_has_is_no_new_name() -> None:
    given(watchlist.evolve, [CREATED]).when(watchlist.rename, by=ADA, name="Banks").then()


def test_a_ticker_is_added_once() -> None:
    given(watchlist.evolve, [CREATED]).when(watchlist.add_ticker, by=ADA, ticker="2222").then(
        ARAMCO
    )
    given(watchlist.evolve, [CREATED, ARAMCO]).when(
        watchlist.add_ticker, by=ADA, ticker="2222"
    ).then()


@pytest.mark.parametrize("ticker", ["", "222", "22222", "22a2", " 222", "2222\n", "٢٢٢٢"])
def test_a_ticker_is_four_digits(ticker: str) -> None:
    given(watchlist.evolve, [CREATED]).when(
        watchlist.add_ticker, by=ADA, ticker=ticker
    ).then_refused(watchlist.TickerInvalid)


def test_a_watchlist_has_an_end() -> None:
    full = [CREATED, *(WatchlistTickerAdded(ticker=f"{number:04}") for number in range(500))]
    given(watchlist.evolve, full).when(watchlist.add_ticker, by=ADA, ticker="9999").then_refused(
        watchlist.WatchlistFull
    )


def test_only_a_watched_ticker_is_removed() -> None:
    given(watchlist.evolve, [CREATED, ARAMCO]).when(
        watchlist.remove_ticker, by=ADA, ticker="2222"
    ).then(WatchlistTickerRemoved(ticker="2222"))
    given(watchlist.evolve, [CREATED]).when(
        watchlist.remove_ticker, by=ADA, ticker="2222"
    ).then_refused(watchlist.TickerNotWatched)


def test_for_everybody_else_there_is_no_such_watchlist() -> None:
    history = [CREATED, ARAMCO]
    not_found = watchlist.WatchlistNotFound
    given(watchlist.evolve, history).when(watchlist.remove, by=BOB).then_refused(not_found)
    given(watchlist.evolve, history).when(watchlist.rename, by=BOB, name="x").then_refused(
        not_found
    )
    given(watchlist.evolve, history).when(watchlist.add_ticker, by=BOB, ticker="1111").then_refused(
        not_found
    )
    given(watchlist.evolve, history).when(
        watchlist.remove_ticker, by=BOB, ticker="2222"
    ).then_refused(not_found)


def test_a_removed_watchlist_is_gone_for_its_owner_too() -> None:
    given(watchlist.evolve, [CREATED, WatchlistRemoved()]).when(
        watchlist.remove, by=ADA
    ).then_refused(watchlist.WatchlistNotFound)
