"""Watchlists over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from application.actor import Actor
from application.watchlists import handlers
from application.watchlists.commands import (
    AddTicker,
    CreateWatchlist,
    RemoveTicker,
    RemoveWatchlist,
    RenameWatchlist,
)
from domain.watchlists.watchlist import WatchlistNotFound
from interfaces.http import answers, idempotency, requests
from interfaces.http.answers import Accepted, Page
from interfaces.parts import Web
from projections.watchlists import watchlist_list
from projections.watchlists.watchlist_list import ListedWatchlist, WatchlistList


class NewWatchlist(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a watchlist is called."""

    name: Annotated[str, Meta(examples=["Banks"])]


class WatchlistController(Controller):
    """Watchlists of the caller's own; for everybody else they are not there."""

    path = "/watchlists"
    tags = ("Watchlists",)

    @post(summary="Create a watchlist")
    async def create(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        data: JSONBody[NewWatchlist],
    ) -> Response[Accepted]:
        """It belongs to the caller."""
        command = CreateWatchlist(name=data.name)
        recorded = await idempotency.once(
            request,
            web,
            actor,
            [command],
            lambda acting: handlers.create_watchlist(command, acting, web.ports),
        )
        return answers.accepted(recorded, status=201)

    @get(summary="List the caller's watchlists, newest first")
    async def page(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        limit: answers.Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[ListedWatchlist]:
        """Up to `limit`; `next_cursor` leads on."""
        actor.require("watchlists:own")
        owner_id = actor.person()
        await requests.fresh(request, web, actor.tenant_id, WatchlistList)
        before = answers.decode_cursor(cursor)
        found = await watchlist_list.page(
            web.database, actor.tenant_id, owner_id, before=before, limit=limit + 1
        )
        return answers.page(found, limit)

    @get("/{watchlist_id:uuid}", summary="Read a watchlist")
    async def one(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        watchlist_id: FromPath[UUID],
    ) -> Response[ListedWatchlist]:
        """404 for somebody else's, as for one that never was."""
        actor.require("watchlists:own")
        owner_id = actor.person()
        await requests.fresh(request, web, actor.tenant_id, WatchlistList)
        found = await watchlist_list.one(web.database, actor.tenant_id, owner_id, watchlist_id)
        if found is None:
            raise WatchlistNotFound
        return Response(found, headers=answers.etag(found.version))

    @patch("/{watchlist_id:uuid}", summary="Rename a watchlist")
    async def rename(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        watchlist_id: FromPath[UUID],
        data: JSONBody[NewWatchlist],
    ) -> Response[Accepted]:
        """Needs `If-Match`."""
        expected = requests.expected_version(request)
        command = RenameWatchlist(watchlist_id=watchlist_id, name=data.name)
        recorded = await handlers.rename_watchlist(command, actor, web.ports, expected=expected)
        return answers.accepted(recorded, status=200)

    @delete("/{watchlist_id:uuid}", status_code=204, summary="Remove a watchlist")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        watchlist_id: FromPath[UUID],
    ) -> Response[None]:
        """Needs `If-Match`."""
        expected = requests.expected_version(request)
        command = RemoveWatchlist(watchlist_id=watchlist_id)
        recorded = await handlers.remove_watchlist(command, actor, web.ports, expected=expected)
        return answers.done(recorded)

    @put("/{watchlist_id:uuid}/tickers/{ticker:str}", status_code=204, summary="Watch a share")
    async def add_ticker(
        self,
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        watchlist_id: FromPath[UUID],
        ticker: FromPath[str],
    ) -> Response[None]:
        """`ticker` is four digits. Doing it again changes nothing, so no `If-Match` is needed."""
        command = AddTicker(watchlist_id=watchlist_id, ticker=ticker)
        return answers.done(await handlers.add_ticker(command, actor, web.ports))

    @delete(
        "/{watchlist_id:uuid}/tickers/{ticker:str}",
        status_code=204,
        summary="Watch a share no more",
    )
    async def remove_ticker(
        self,
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        watchlist_id: FromPath[UUID],
        ticker: FromPath[str],
    ) -> Response[None]:
        """404 where it is not on the watchlist."""
        command = RemoveTicker(watchlist_id=watchlist_id, ticker=ticker)
        return answers.done(await handlers.remove_ticker(command, actor, web.ports))
