"""Searching documents and asking them, over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from application.actor import Actor
from application.answers import handlers
from application.answers.commands import GiveAnswer
from application.documents import answering
from application.documents.answering import Source
from application.documents.passages import Passage
from domain.answers import answer
from domain.answers.events import CitedPassage
from interfaces.http import answers, moments, requests
from interfaces.parts import Web
from projections.documents import search
from projections.documents.chunk_index import ChunkIndex
from projections.engine import waiting

ANSWERER = "extractive-1"
"""Which way of answering a receipt names; a new way is a new name."""

Limit = Annotated[int, Meta(ge=1, le=50)]
AsOf = Annotated[int | str | None, Meta(description="A position of the log, or a time (RFC 3339).")]


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for."""

    query: Annotated[str, Meta(examples=["How long are invoices kept?"])]
    limit: Limit = 10
    mode: Literal["hybrid", "lexical", "vector"] = "hybrid"
    knowledge_base_id: UUID | None = None
    as_of: AsOf = None


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to answer, from up to `limit` passages."""

    query: Annotated[str, Meta(examples=["How long are invoices kept?"])]
    limit: Limit = 5
    knowledge_base_id: UUID | None = None
    as_of: AsOf = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Passages, best first."""

    items: Sequence[Passage]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in the documents' own words, what it rests on, and its receipt in the log."""

    answer: str
    sources: Sequence[Passage]
    receipt_id: UUID
    position: int


class SearchController(Controller):
    """Finding passages, and answers with their sources."""

    tags = ("Search and answers",)

    @post(
        "/search", status_code=200, summary="Search documents", opt={"reads": True, "as_of": "body"}
    )
    async def search(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        data: JSONBody[Query],
    ) -> Response[Found]:
        """By words (`lexical`), by meaning (`vector`) or both. `[start, end)` counts code points
        of the document's text. With `as_of`, what there was to find then."""
        actor.require("documents:read")
        answer.check_question(data.query)
        await requests.fresh(request, web, actor.tenant_id, ChunkIndex)
        moment = await moments.asked(web, actor.tenant_id, data.as_of)
        if moment is not None:
            await requests.wait(request, web, actor.tenant_id, moment, ChunkIndex)
        items = await search.search(
            web.database,
            web.vectors,
            actor.tenant_id,
            data.query,
            limit=data.limit,
            mode=data.mode,
            knowledge_base_id=data.knowledge_base_id,
            as_of=search.PRESENT if moment is None else moment,
        )
        return Response(Found(items=items), headers=moments.told(moment))

    @post(
        "/rag/query",
        status_code=200,
        summary="Ask the documents",
        opt={"waits": True, "as_of": "body"},
    )
    async def ask(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        data: JSONBody[Question],
    ) -> Response[Answered]:
        """The sentences that answer best, each with the span it stands at. A receipt of question,
        answer and sources is recorded, with the position that the answer is as of."""
        actor.require("documents:read")
        answer.check_question(data.query)
        await requests.fresh(request, web, actor.tenant_id, ChunkIndex)
        moment = await moments.asked(web, actor.tenant_id, data.as_of)
        if moment is None:
            moment = await waiting.reached(web.database, actor.tenant_id, [ChunkIndex])
        else:
            await requests.wait(request, web, actor.tenant_id, moment, ChunkIndex)
        passages = await search.search(
            web.database,
            web.vectors,
            actor.tenant_id,
            data.query,
            limit=data.limit,
            mode="hybrid",
            knowledge_base_id=data.knowledge_base_id,
            as_of=moment,
        )
        found = answering.answer(data.query, passages)
        command = GiveAnswer(
            question=data.query,
            answer=found.answer,
            model=ANSWERER,
            index_position=moment,
            sources=[_on_record(source) for source in found.sources],
            knowledge_base_id=data.knowledge_base_id,
        )
        recorded = await handlers.give_answer(command, actor, web.ports)
        return Response(
            Answered(
                answer=found.answer,
                sources=[_cited(source) for source in found.sources],
                receipt_id=recorded.id,
                position=recorded.position,
            ),
            headers=answers.written(recorded) | moments.told(moment),
        )


def _cited(source: Source) -> Passage:
    """The cited sentence in the shape of a search result: its text, and the span it stands at."""
    return msgspec.structs.replace(
        source.passage, text=source.text, start=source.start, end=source.end
    )


def _on_record(source: Source) -> CitedPassage:
    return CitedPassage(
        document_id=source.passage.document_id,
        chunk_id=source.passage.chunk_id,
        start=source.start,
        end=source.end,
        score=source.passage.score,
        passage_sha256=answer.sha256(source.text),
    )
