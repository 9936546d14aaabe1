"""Tenants over HTTP."""

import contextlib
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from application.actor import Actor
from application.tenants import handlers
from application.tenants.commands import Owner, RegisterTenant
from domain.event import NotFound
from domain.ids import TenantId, UserId
from interfaces.http import answers, idempotency, requests
from interfaces.parts import Web
from projections.engine import waiting
from projections.logins.login_directory import LoginDirectory
from projections.tenants import tenant_directory
from projections.tenants.tenant_directory import TenantDirectory, TenantRow

LOGIN_READY_SECONDS = 2.0


class NewOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first login of a new tenant."""

    email: Annotated[str, Meta(examples=["ada@example.org"])]
    password: Annotated[str, Meta(examples=["Correct-Horse-7"])]
    display_name: Annotated[str | None, Meta(examples=["Ada"])] = None


class NewTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation that wants a log of its own."""

    name: Annotated[str, Meta(examples=["Example Archive"])]
    slug: Annotated[str, Meta(examples=["example-archive"])]
    owner: NewOwner


class RegisteredTenant(msgspec.Struct, frozen=True, kw_only=True):
    """The new tenant and its owner."""

    tenant_id: UUID
    user_id: UUID
    position: int


class TenantNotFound(NotFound):
    """There is no such tenant."""


class TenantController(Controller):
    """Registering a tenant, and reading one's own."""

    tags = ("Tenants",)

    @post("/tenants", opt={"public": True}, summary="Register a tenant with its owner")
    async def register(
        self, request: Request[Any, Any, Any], web: NamedDependency[Web], data: JSONBody[NewTenant]
    ) -> Response[RegisteredTenant]:
        """Anybody may. The slug is unique; the owner can log in as soon as this answers."""
        tenant_id = _tenant_id(request, web, data)
        user_id = UserId(uuid5(tenant_id, "owner"))
        actor = Actor(
            tenant_id=tenant_id,
            name="anonymous",
            role="anonymous",
            cause=requests.cause_of(request, web),
        )
        command = RegisterTenant(
            name=data.name,
            slug=data.slug,
            owner=Owner(
                email=data.owner.email,
                password=data.owner.password,
                display_name=data.owner.display_name,
            ),
        )
        recorded = await idempotency.once(
            request,
            web,
            actor,
            [data.name, data.slug, data.owner.email, data.owner.display_name],
            lambda acting: handlers.register_tenant(command, acting, web.ports, user_id=user_id),
        )
        # If it takes longer, the tenant is registered all the same.
        with contextlib.suppress(waiting.ProjectionBehind):
            await waiting.until(
                web.database,
                web.notices,
                tenant_id,
                [LoginDirectory],
                recorded.position,
                wait_seconds=LOGIN_READY_SECONDS,
            )
        return Response(
            RegisteredTenant(tenant_id=tenant_id, user_id=user_id, position=recorded.position),
            status_code=201,
            headers=answers.written(recorded),
        )

    @get("/tenant", summary="The caller's tenant")
    async def read(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
    ) -> Response[TenantRow]:
        """Name, slug, plan and status of the tenant that the access token is for."""
        actor.require("tenant:read")
        await requests.fresh(request, web, actor.tenant_id, TenantDirectory)
        row = await tenant_directory.one(web.database, actor.tenant_id)
        if row is None:
            raise TenantNotFound
        return Response(row, headers=answers.etag(row.version))


def _tenant_id(request: Request[Any, Any, Any], web: Web, data: NewTenant) -> TenantId:
    """A new id; under an idempotency key the one that the same request was given before."""
    key = idempotency.key_of(request)
    if key is None:
        return TenantId(web.ports.ids.new())
    hashed = web.ports.lookup_keys.request(f"{key}/{data.slug}/{data.owner.email}".encode())
    return TenantId(uuid5(idempotency.COMMANDS, hashed.hex()))
