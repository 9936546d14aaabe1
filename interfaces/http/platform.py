"""Operating the projections over HTTP: for the platform's administrators alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from application.actor import Actor
from application.platform import generations, handlers, repeats
from application.platform.commands import (
    PauseProjection,
    RebuildProjection,
    ResumeProjection,
    RollBackProjection,
    SwitchProjection,
)
from application.platform.generations import Changed
from application.recorded import Recorded
from domain.platform.operating import TenantUnknown
from interfaces.http import answers, idempotency
from interfaces.parts import Web
from projections import catalogue
from projections.engine import rulings, standing
from projections.engine.standing import Standing, TenantStanding


class Projections(msgspec.Struct, frozen=True, kw_only=True):
    """Every projection, and when the last sweep was; null if there never was one."""

    items: Sequence[Standing]
    sweep_age_seconds: float | None


class ProjectionsOfTenant(msgspec.Struct, frozen=True, kw_only=True):
    """Every projection as it stands for one tenant."""

    items: Sequence[TenantStanding]


class WhichTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of whom a pause is; of everybody where no tenant is named."""

    tenant_id: Annotated[UUID | None, Meta(description="One tenant; null or absent for all.")] = (
        None
    )


class Operated(msgspec.Struct, frozen=True, kw_only=True):
    """Where the platform's log has the record of it."""

    position: int


class Switch(WhichTenant, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which generation shall answer, and for whom."""

    generation: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Its number.")]
    accept_differences: Annotated[
        bool, Meta(description="Also if rows differ from those that answer: repairs them.")
    ] = False


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """The generation that it is about, the one that answered before a change, and the record."""

    generation: int
    previous: int | None
    position: int


class PlatformController(Controller):
    """What administrators see and do; each deed stands in the platform's log."""

    path = "/admin"
    tags = ("Administration",)
    opt = {"admin": True}  # noqa: RUF012 - litestar reads it from the class

    @get("/projections", summary="List the projections")
    async def projections(
        self, web: NamedDependency[Web], administrator: NamedDependency[Actor]
    ) -> Projections:
        """Where each generation of them stands over all tenants, at this moment."""
        administrator.require("platform:operate")
        found = await standing.now(
            web.database, catalogue.PROJECTIONS, overdue_seconds=web.settings.lag_seconds_max
        )
        age = await standing.sweep_age_seconds(web.database)
        return Projections(items=found, sweep_age_seconds=age)

    @get("/tenants/{tenant_id:uuid}/projections", summary="List the projections of a tenant")
    async def projections_of_tenant(
        self,
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        tenant_id: FromPath[UUID],
    ) -> ProjectionsOfTenant:
        """Where each stands for one tenant, and what stopped it last."""
        administrator.require("platform:operate")
        found = await standing.of_tenant(web.database, tenant_id, catalogue.PROJECTIONS)
        if not found:
            raise TenantUnknown
        return ProjectionsOfTenant(items=found)

    @post("/projections/{name:str}/rebuild", status_code=202, summary="Rebuild a read model")
    async def rebuild(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        name: FromPath[str],
        data: JSONBody[WhichTenant],
    ) -> Response[Generation]:
        """Begins a new generation. A worker fills it and compares it; then it can answer."""
        command = RebuildProjection(projection=name, tenant_id=data.tenant_id)
        return await _changed(
            request,
            web,
            administrator,
            data,
            lambda acting: generations.rebuild_projection(command, acting, web.platform),
        )

    @post("/projections/{name:str}/switch", status_code=200, summary="Switch a read model")
    async def switch(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        name: FromPath[str],
        data: JSONBody[Switch],
    ) -> Response[Generation]:
        """Another generation answers from now on, if it is filled, compared and caught up."""
        command = SwitchProjection(
            projection=name,
            generation=data.generation,
            tenant_id=data.tenant_id,
            accept_differences=data.accept_differences,
        )
        return await _changed(
            request,
            web,
            administrator,
            data,
            lambda acting: generations.switch_projection(command, acting, web.platform),
        )

    @post("/projections/{name:str}/rollback", status_code=200, summary="Undo a switch")
    async def rollback(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        name: FromPath[str],
        data: JSONBody[WhichTenant],
    ) -> Response[Generation]:
        """The generation before, which has followed the log, answers again at once."""
        command = RollBackProjection(projection=name, tenant_id=data.tenant_id)
        return await _changed(
            request,
            web,
            administrator,
            data,
            lambda acting: generations.roll_back_projection(command, acting, web.platform),
        )

    @post("/projections/{name:str}/pause", status_code=200, summary="Pause a projection")
    async def pause(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        name: FromPath[str],
        data: JSONBody[WhichTenant],
    ) -> Response[Operated]:
        """It stands still until it is resumed, also over restarts; reads go on from its rows."""
        command = PauseProjection(projection=name, tenant_id=data.tenant_id)
        return await _operated(
            request,
            web,
            administrator,
            data,
            lambda acting: handlers.pause_projection(command, acting, web.platform),
        )

    @post("/projections/{name:str}/resume", status_code=200, summary="Resume a projection")
    async def resume(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        name: FromPath[str],
        data: JSONBody[WhichTenant],
    ) -> Response[Operated]:
        """Ends the pause of this tenant, or that of all; the one doesn't end the other."""
        command = ResumeProjection(projection=name, tenant_id=data.tenant_id)
        return await _operated(
            request,
            web,
            administrator,
            data,
            lambda acting: handlers.resume_projection(command, acting, web.platform),
        )


async def _changed(
    request: Request[Any, Any, Any],
    web: Web,
    administrator: Actor,
    data: WhichTenant,
    run: Callable[[Actor], Awaitable[Changed]],
) -> Response[Generation]:
    async def again(recorded: Recorded, acting: Actor) -> Changed:
        return await repeats.changed(recorded, web.platform, lambda: run(acting))

    changed = await idempotency.once_or(request, web, administrator, [data], run, again)
    body = Generation(
        generation=changed.generation,
        previous=changed.previous,
        position=changed.recorded.position,
    )
    return Response(body, headers=answers.written(changed.recorded))


async def _operated(
    request: Request[Any, Any, Any],
    web: Web,
    administrator: Actor,
    data: WhichTenant,
    run: Callable[[Actor], Awaitable[Recorded]],
) -> Response[Operated]:
    async def again(recorded: Recorded, _acting: Actor) -> Recorded:
        # On record, and perhaps no more than that; somebody else may have overruled it since.
        await asyncio.to_thread(rulings.from_log, web.batch_database)
        return recorded

    recorded = await idempotency.once_or(request, web, administrator, [data], run, again)
    return Response(Operated(position=recorded.position), headers=answers.written(recorded))
