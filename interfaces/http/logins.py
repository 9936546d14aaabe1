"""Logging in and out over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from application.actor import Actor
from application.logins import handlers
from application.logins.commands import EndSession, LogIn, RefreshSession
from application.logins.handlers import OpenSession
from domain.ids import TenantId
from infrastructure.identity.tokens import TokenRefused
from interfaces.http import answers, requests
from interfaces.parts import Web
from projections.logins import login_directory
from projections.logins.login_directory import LoginDirectory

NO_TENANT = TenantId(UUID(int=0))


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tenant` is a slug, needed only where the e-mail is used in several tenants."""

    email: Annotated[str, Meta(max_length=320, examples=["ada@example.org"])]
    password: Annotated[str, Meta(max_length=1024, examples=["Correct-Horse-7"])]
    tenant: Annotated[str, Meta(max_length=100, examples=["example-archive"])] | None = None


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The refresh token of the last answer."""

    refresh_token: Annotated[str, Meta(max_length=4096)]


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """Send the access token as `Authorization: Bearer …`; `expires_in` is its life in seconds."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the access token is for."""

    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    email: str
    display_name: str
    role: str
    created_at: datetime


class LoginController(Controller):
    """Sessions."""

    path = "/auth"
    tags = ("Logging in",)

    @post("/login", opt={"public": True}, status_code=200, summary="Log in")
    async def log_in(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        data: JSONBody[Credentials],
    ) -> Response[TokenPair]:
        """An access token and a refresh token for an e-mail address and a password."""
        actor = Actor(
            tenant_id=NO_TENANT,
            name="anonymous",
            role="anonymous",
            cause=requests.cause_of(request, web),
        )
        command = LogIn(email=data.email, password=data.password, tenant=data.tenant)
        address = request.client.host if request.client else None
        opened = await handlers.log_in(command, actor, web.ports, address=address)
        return await _tokens(web, opened)

    @post("/refresh", opt={"public": True}, status_code=200, summary="Trade the refresh token")
    async def refresh(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        data: JSONBody[RefreshToken],
    ) -> Response[TokenPair]:
        """A new pair. A refresh token is good once; one used before ends its session."""
        claims = web.tokens.read(data.refresh_token, "refresh")
        await web.epoch.check(claims)
        actor = Actor(
            tenant_id=TenantId(claims.tenant_id),
            name=f"user:{claims.user_id}",
            role=claims.role,
            cause=requests.cause_of(request, web),
        )
        command = RefreshSession(session_id=claims.session_id, generation=claims.generation)
        try:
            opened = await handlers.refresh_session(command, actor, web.ports)
        except handlers.SessionNotFound as gone:
            raise TokenRefused from gone
        return await _tokens(web, opened)

    @post("/logout", status_code=204, summary="Log out")
    async def log_out(
        self, web: NamedDependency[Web], actor: NamedDependency[Actor]
    ) -> Response[None]:
        """End the session of this access token; its refresh token is void at once."""
        if actor.session_id is None:
            raise TokenRefused
        command = EndSession(session_id=actor.session_id)
        return answers.done(await handlers.end_session(command, actor, web.ports))

    @get("/me", summary="Who am I")
    async def me(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
    ) -> Me:
        """The login that the access token is for."""
        await requests.fresh(request, web, actor.tenant_id, LoginDirectory)
        if actor.user_id is None or actor.session_id is None:
            raise TokenRefused
        profile = await login_directory.one(web.database, actor.tenant_id, actor.user_id)
        if profile is None:
            raise TokenRefused
        return Me(
            user_id=profile.id,
            tenant_id=actor.tenant_id,
            session_id=actor.session_id,
            email=profile.email,
            display_name=profile.display_name,
            role=profile.role,
            created_at=profile.created_at,
        )


async def _tokens(web: Web, opened: OpenSession) -> Response[TokenPair]:
    pair = web.tokens.issue(
        user_id=opened.login.user_id,
        tenant_id=opened.tenant_id,
        session_id=opened.session_id,
        role=opened.login.role,
        generation=opened.generation,
        now=web.ports.clock.now(),
        epoch=await web.epoch.current(),
    )
    return Response(
        TokenPair(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            token_type="Bearer",  # noqa: S106 - the name of a scheme
            expires_in=pair.expires_in,
        ),
        status_code=200,
        headers=answers.written(opened.recorded),
    )
