"""The people of a tenant over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from application.actor import Actor
from application.logins import handlers
from application.logins.commands import EraseLogin, RegisterLogin
from domain.logins.login import LoginNotFound, Role
from interfaces.http import answers, idempotency, requests
from interfaces.http.answers import Accepted, Page
from interfaces.parts import Web
from projections.logins import login_directory
from projections.logins.erasures import Erasures
from projections.logins.login_directory import ListedUser, LoginDirectory


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is to log in to the caller's tenant."""

    email: Annotated[str, Meta(examples=["ben@example.org"])]
    password: Annotated[str, Meta(examples=["Correct-Horse-8"])]
    role: Annotated[Role, Meta(examples=["editor"])]
    display_name: Annotated[str | None, Meta(examples=["Ben"])] = None


class UserController(Controller):
    """Who can log in to the caller's tenant; for those who manage it."""

    path = "/users"
    tags = ("Users",)

    @post(summary="Register a user")
    async def create(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        data: JSONBody[NewUser],
    ) -> Response[Accepted]:
        """The address is unique within the tenant. Only an owner makes owners and auditors."""
        command = RegisterLogin(
            email=data.email,
            password=data.password,
            role=data.role,
            display_name=data.display_name,
        )
        recorded = await idempotency.once(
            request,
            web,
            actor,
            [data.email, data.role, data.display_name],
            lambda acting: handlers.register_login(command, acting, web.ports),
        )
        return answers.accepted(recorded, status=201)

    @get(summary="List the users, newest first")
    async def page(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        limit: answers.Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[ListedUser]:
        """Up to `limit`; `next_cursor` leads on. Whoever was erased is not among them."""
        actor.require("tenant:manage")
        await requests.fresh(request, web, actor.tenant_id, LoginDirectory, Erasures)
        before = answers.decode_cursor(cursor)
        found = await login_directory.page(
            web.database, actor.tenant_id, before=before, limit=limit + 1
        )
        return answers.page(found, limit)

    @get("/{user_id:uuid}", summary="Read a user")
    async def one(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        user_id: FromPath[UUID],
    ) -> Response[ListedUser]:
        """404 for one of another tenant, or one who was erased, as for one who never was."""
        actor.require("tenant:manage")
        await requests.fresh(request, web, actor.tenant_id, LoginDirectory, Erasures)
        found = await login_directory.one(web.database, actor.tenant_id, user_id)
        if found is None:
            raise LoginNotFound
        return Response(found, headers=answers.etag(found.version))

    @delete("/{user_id:uuid}", status_code=204, summary="Erase a user")
    async def erase(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        user_id: FromPath[UUID],
    ) -> Response[None]:
        """Needs `If-Match`. There is no way back: what is personal can't be read any more.

        Only an owner erases an owner or an auditor, and nobody themself. Read with
        `X-Wait-For-Position` to know when it is done.
        """
        expected = requests.expected_version(request)
        command = EraseLogin(user_id=user_id)
        return answers.done(
            await handlers.erase_login(command, actor, web.ports, expected=expected)
        )
