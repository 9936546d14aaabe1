"""Documents over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from application.actor import Actor
from application.documents import handlers
from application.documents.commands import RemoveDocument, RetryStage
from domain.documents.document import DocumentNotFound
from domain.documents.stages import Stage
from domain.ids import Position, StreamId
from interfaces.http import (
    answers,
    document_answers,
    idempotency,
    moments,
    requests,
    uploads,
)
from interfaces.http.answers import Accepted, Page
from interfaces.http.document_answers import Fact, StatusAnswer
from interfaces.http.openapi import AddDocumentOperation
from interfaces.parts import Web
from projections.documents import document_list, document_status
from projections.documents.document_lifetimes import DocumentLifetimes
from projections.documents.document_list import DocumentList, ListedDocument
from projections.documents.document_status import DocumentStatus


class DocumentController(Controller):
    """Documents and where they stand."""

    path = "/documents"
    tags = ("Documents",)

    @post(status_code=202, summary="Add a document", operation_class=AddDocumentOperation)
    async def add(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
    ) -> Response[Accepted]:
        """As JSON with its text, or as a multipart form with one file (txt, md, html, pdf, docx,
        csv, json). It is kept when this answers; its stages follow."""
        command = await uploads.read(request)
        recorded = await idempotency.once(
            request,
            web,
            actor,
            [command],
            lambda acting: handlers.add_document(command, acting, web.ports),
        )
        return answers.accepted(recorded, status=202)

    @get(summary="List documents, newest first", opt={"as_of": "query"})
    async def page(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        limit: answers.Limit = 50,
        cursor: FromQuery[str | None] = None,
        knowledge_base_id: FromQuery[UUID | None] = None,
        as_of: moments.AsOf = None,
    ) -> Response[Page[ListedDocument]]:
        """Up to `limit`, of one knowledge base if named; `next_cursor` leads on. With `as_of`,
        those that were there then, as they were."""
        actor.require("documents:read")
        await requests.fresh(request, web, actor.tenant_id, DocumentList)
        begun = answers.read_cursor(cursor)
        wanted: dict[str, Any] = {
            "before": begun.before,
            "limit": limit + 1,
            "knowledge_base_id": knowledge_base_id,
        }
        moment = await moments.asked(web, actor.tenant_id, as_of, begun)
        if moment is None:
            found = await document_list.page(web.database, actor.tenant_id, **wanted)
        else:
            await requests.wait(request, web, actor.tenant_id, moment, DocumentLifetimes)
            found = await document_list.page_as_of(
                web.database, web.past, actor.tenant_id, as_of=moment, **wanted
            )
        return Response(answers.page(found, limit, as_of=moment), headers=moments.told(moment))

    @get("/{document_id:uuid}", summary="Read a document's entry", opt={"as_of": "query"})
    async def one(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: FromPath[UUID],
        as_of: moments.AsOf = None,
    ) -> Response[ListedDocument]:
        """404 for one of another tenant, as for one that never was."""
        found, moment = await self._listed(request, web, actor, document_id, as_of)
        headers = answers.etag(found.version) | moments.told(moment)
        return Response(found, headers=headers)

    @get("/{document_id:uuid}/status", summary="Where a document stands", opt={"as_of": "query"})
    async def status(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: FromPath[UUID],
        as_of: moments.AsOf = None,
    ) -> Response[StatusAnswer]:
        """Each of the five stages, and what they add up to."""
        actor.require("documents:read")
        await requests.fresh(request, web, actor.tenant_id, DocumentStatus)
        moment = await moments.asked(web, actor.tenant_id, as_of)
        if moment is None:
            row = await document_status.one(web.database, actor.tenant_id, document_id)
        else:
            row = await document_status.one_as_of(web.past, actor.tenant_id, document_id, moment)
        if row is None:
            raise DocumentNotFound
        return Response(document_answers.status(row), headers=moments.told(moment))

    @get("/{document_id:uuid}/history", summary="Everything that happened to a document")
    async def history(
        self, web: NamedDependency[Web], actor: NamedDependency[Actor], document_id: FromPath[UUID]
    ) -> Page[Fact]:
        """Its events, oldest first, straight from the log."""
        actor.require("documents:read")
        events = await web.store.load(actor.tenant_id, StreamId(document_id))
        return Page(items=document_answers.facts(events), next_cursor=None)

    @get(
        "/{document_id:uuid}/content",
        summary="Download what was uploaded",
        opt={"as_of": "query"},
    )
    async def content(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: FromPath[UUID],
        as_of: moments.AsOf = None,
    ) -> Response[bytes]:
        """The bytes as they came, to be saved, never shown in place."""
        found, moment = await self._listed(request, web, actor, document_id, as_of)
        data = await web.ports.blobs.get(actor.tenant_id, found.content_sha256)
        return document_answers.download(found, data, moments.told(moment))

    @get(
        "/{document_id:uuid}/text",
        media_type="text/plain",
        summary="The text that spans point into",
        opt={"as_of": "query"},
    )
    async def text(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: FromPath[UUID],
        as_of: moments.AsOf = None,
    ) -> Response[bytes]:
        """As extracted; `[start, end)` of search results count its Unicode code points."""
        found, moment = await self._listed(request, web, actor, document_id, as_of)
        if found.text_sha256 is None:
            raise document_answers.NotIngestedYet
        data = await web.ports.blobs.get(actor.tenant_id, found.text_sha256)
        return Response(data, media_type="text/plain; charset=utf-8", headers=moments.told(moment))

    @delete("/{document_id:uuid}", status_code=204, summary="Remove a document")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: FromPath[UUID],
    ) -> Response[None]:
        """Out of lists, search and answers; its history stays. Needs `If-Match`."""
        expected = requests.expected_version(request)
        command = RemoveDocument(document_id=document_id)
        recorded = await handlers.remove_document(command, actor, web.ports, expected=expected)
        return answers.done(recorded)

    @post(
        "/{document_id:uuid}/stages/{stage:str}/retry",
        status_code=202,
        summary="Have a failed stage done again",
    )
    async def retry(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: FromPath[UUID],
        stage: FromPath[Stage],
    ) -> Response[Accepted]:
        """409 where the stage did not fail."""
        command = RetryStage(document_id=document_id, stage=stage)
        recorded = await idempotency.once(
            request,
            web,
            actor,
            [command],
            lambda acting: handlers.retry_stage(command, acting, web.ports),
        )
        return answers.accepted(recorded, status=202)

    async def _listed(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        document_id: UUID,
        as_of: str | None,
    ) -> tuple[ListedDocument, Position | None]:
        actor.require("documents:read")
        await requests.fresh(request, web, actor.tenant_id, DocumentList)
        moment = await moments.asked(web, actor.tenant_id, as_of)
        if moment is None:
            found = await document_list.one(web.database, actor.tenant_id, document_id)
        else:
            found = await document_list.one_as_of(web.past, actor.tenant_id, document_id, moment)
        if found is None:
            raise DocumentNotFound
        return found, moment
