"""Knowledge bases over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from application.actor import Actor
from application.documents import handlers
from application.documents.commands import CreateKnowledgeBase
from domain.documents.knowledge_base import KnowledgeBaseNotFound
from interfaces.http import answers, idempotency, moments, requests
from interfaces.http.answers import Accepted, Page
from interfaces.parts import Web
from projections.documents import knowledge_base_list
from projections.documents.knowledge_base_list import KnowledgeBaseList, ListedKnowledgeBase


class NewKnowledgeBase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place for documents that belong together."""

    name: Annotated[str, Meta(examples=["Contracts"])]
    description: Annotated[str, Meta(examples=["Signed contracts since 2019"])] = ""


class KnowledgeBaseController(Controller):
    """Places for documents that belong together."""

    path = "/knowledge-bases"
    tags = ("Knowledge bases",)

    @post(summary="Create a knowledge base")
    async def create(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        data: JSONBody[NewKnowledgeBase],
    ) -> Response[Accepted]:
        """Needs the right to write documents."""
        command = CreateKnowledgeBase(name=data.name, description=data.description)
        recorded = await idempotency.once(
            request,
            web,
            actor,
            [data],
            lambda acting: handlers.create_knowledge_base(command, acting, web.ports),
        )
        return answers.accepted(recorded, status=201)

    @get(summary="List knowledge bases, newest first", opt={"as_of": "query"})
    async def page(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        limit: answers.Limit = 50,
        cursor: FromQuery[str | None] = None,
        as_of: moments.AsOf = None,
    ) -> Response[Page[ListedKnowledgeBase]]:
        """Up to `limit`; `next_cursor` leads on. With `as_of`, those that were there then."""
        actor.require("documents:read")
        await requests.fresh(request, web, actor.tenant_id, KnowledgeBaseList)
        begun = answers.read_cursor(cursor)
        wanted: dict[str, Any] = {"before": begun.before, "limit": limit + 1}
        moment = await moments.asked(web, actor.tenant_id, as_of, begun)
        if moment is None:
            found = await knowledge_base_list.page(web.database, actor.tenant_id, **wanted)
        else:
            await requests.wait(request, web, actor.tenant_id, moment, KnowledgeBaseList)
            found = await knowledge_base_list.page_as_of(
                web.database, web.past, actor.tenant_id, as_of=moment, **wanted
            )
        return Response(answers.page(found, limit, as_of=moment), headers=moments.told(moment))

    @get("/{knowledge_base_id:uuid}", summary="Read a knowledge base", opt={"as_of": "query"})
    async def one(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        knowledge_base_id: FromPath[UUID],
        as_of: moments.AsOf = None,
    ) -> Response[ListedKnowledgeBase]:
        """404 for one of another tenant, as for one that never was."""
        actor.require("documents:read")
        await requests.fresh(request, web, actor.tenant_id, KnowledgeBaseList)
        tenant_id = actor.tenant_id
        moment = await moments.asked(web, tenant_id, as_of)
        if moment is None:
            found = await knowledge_base_list.one(web.database, tenant_id, knowledge_base_id)
        else:
            found = await knowledge_base_list.one_as_of(
                web.past, tenant_id, knowledge_base_id, moment
            )
        if found is None:
            raise KnowledgeBaseNotFound
        headers = answers.etag(found.version) | moments.told(moment)
        return Response(found, headers=headers)
