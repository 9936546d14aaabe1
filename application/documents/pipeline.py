"""The five stages: each an idempotent job that reports by events."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from application import deciding
from application.actor import Actor
from application.documents.analysis import Span, Unextractable
from application.ports import PipelinePorts
from application.recorded import Recorded, RecordedEvent, fold
from domain.documents import document
from domain.documents.document import Document
from domain.documents.results import (
    EmbeddingResult,
    GraphResult,
    IngestionResult,
    QualityResult,
    StageResult,
    TaxonomyResult,
)
from domain.documents.stages import Stage, Status
from domain.event import Event
from domain.ids import StreamId

EMBED_BATCH = 32


async def run_stage(
    document_id: UUID, stage: Stage, attempt: int, actor: Actor, tools: PipelinePorts
) -> Recorded | None:
    """Do one stage of one document and record what came of it.

    Doing it again records nothing new. A file that can't be read fails the stage with a reason
    for a person; anything else raised here is the job's failure and is retried.

    Returns:
        What was recorded last; None if the document is gone or the stage was settled before.
    """
    actor.require("documents:write")
    stream_id = StreamId(document_id)
    async with tools.turns.at(stream_id):
        history = await tools.ports.events.load(actor.tenant_id, stream_id)
        state = fold(document.evolve, history)
        if state is None or not document.start_stage(state, stage, attempt=attempt):
            return None
        await _record(
            stream_id,
            lambda now: document.start_stage(now, stage, attempt=attempt),
            actor,
            tools,
            known=history,
        )
    try:
        result = await STAGES[stage](state, actor, tools)
    except Unextractable as problem:
        return await fail_stage(document_id, stage, problem.reason, problem.detail, actor, tools)
    async with tools.turns.at(stream_id):
        return await _record(
            stream_id, lambda now: document.complete_stage(now, stage, result=result), actor, tools
        )


async def fail_stage(
    document_id: UUID, stage: Stage, reason: str, detail: str, actor: Actor, tools: PipelinePorts
) -> Recorded:
    """Record that a stage is given up, with a reason a person can act on."""
    actor.require("documents:write")
    return await _record(
        StreamId(document_id),
        lambda now: document.fail_stage(now, stage, reason=reason, detail=detail),
        actor,
        tools,
    )


async def _record(
    stream_id: StreamId,
    decision: Callable[[Document], list[Event]],
    actor: Actor,
    tools: PipelinePorts,
    *,
    known: Sequence[RecordedEvent] = (),
) -> Recorded:
    step = msgspec.structs.replace(
        actor,
        cause=msgspec.structs.replace(actor.cause, command_id=tools.ports.ids.new()),
    )
    return await deciding.change(
        stream_id,
        document.evolve,
        decision,
        step,
        tools.ports,
        absent=document.DocumentNotFound,
        known=known,
    )


async def _ingest(state: Document, actor: Actor, tools: PipelinePorts) -> StageResult:
    data = await tools.ports.blobs.get(actor.tenant_id, state.content.sha256)
    extraction = await asyncio.to_thread(
        tools.extractor.extract,
        data,
        media_type=state.content.media_type,
        filename=state.content.filename,
    )
    language = await asyncio.to_thread(tools.analysis.language, extraction.text)
    return IngestionResult(
        text_sha256=await tools.ports.blobs.put(actor.tenant_id, extraction.text.encode()),
        characters=len(extraction.text),
        media_type=extraction.media_type,
        language=language,
        pages=extraction.pages,
    )


async def _assess(state: Document, actor: Actor, tools: PipelinePorts) -> StageResult:
    text, language = await _text(state, actor, tools)
    assessment = await asyncio.to_thread(tools.analysis.quality, text, language)
    return QualityResult(score=assessment.score, flags=assessment.flags)


async def _classify(state: Document, actor: Actor, tools: PipelinePorts) -> StageResult:
    text, language = await _text(state, actor, tools)
    return TaxonomyResult(keywords=await asyncio.to_thread(tools.analysis.keywords, text, language))


async def _link(state: Document, actor: Actor, tools: PipelinePorts) -> StageResult:
    text, language = await _text(state, actor, tools)
    return GraphResult(entities=await asyncio.to_thread(tools.analysis.entities, text, language))


async def _embed(state: Document, actor: Actor, tools: PipelinePorts) -> StageResult:
    text, _ = await _text(state, actor, tools)
    spans = await asyncio.to_thread(tools.analysis.chunks, text)
    for start in range(0, len(spans), EMBED_BATCH):
        passages = [text[span.start : span.end] for span in spans[start : start + EMBED_BATCH]]
        await tools.vectors.ensure(actor.tenant_id, passages)
    return EmbeddingResult(
        model=tools.vectors.model,
        dimensions=tools.vectors.dimensions,
        chunks=len(spans),
        chunks_sha256=await tools.ports.blobs.put(actor.tenant_id, encode_spans(spans)),
    )


def encode_spans(spans: list[Span]) -> bytes:
    """The blob that an `EmbeddingResult` names: `[[start, end], …]`."""
    return msgspec.json.encode(spans)


def decode_spans(data: bytes) -> list[Span]:
    """The inverse of `encode_spans`."""
    return msgspec.json.decode(data, type=list[Span])


async def _text(state: Document, actor: Actor, tools: PipelinePorts) -> tuple[str, str | None]:
    if state.ingestion is None or state.stages[Stage.INGESTION] is not Status.COMPLETED:
        raise NotIngested
    data = await tools.ports.blobs.get(actor.tenant_id, state.ingestion.text_sha256)
    return data.decode(), state.ingestion.language


class NotIngested(Exception):  # noqa: N818 - named for what is the matter
    """A stage that needs the text ran before ingestion was completed."""


STAGES: dict[Stage, Callable[[Document, Actor, PipelinePorts], Awaitable[StageResult]]] = {
    Stage.INGESTION: _ingest,
    Stage.QUALITY: _assess,
    Stage.TAXONOMY: _classify,
    Stage.GRAPH: _link,
    Stage.EMBEDDING: _embed,
}
