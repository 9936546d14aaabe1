"""A tenant's documents as the log and the blob store hold them, and the index over them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4, uuid5

from application.documents.analysis import Embedder
from application.documents.passages import Passage
from application.documents.pipeline import encode_spans
from application.recorded import Append, NewEvents
from domain.documents.events import (
    Content,
    DocumentAdded,
    DocumentRemoved,
    DocumentStageCompleted,
    DocumentStageStarted,
)
from domain.documents.results import EmbeddingResult, IngestionResult, QualityResult
from domain.documents.stages import Stage
from domain.event import Event
from domain.ids import CommandId, Position, StreamId, TenantId, Version
from infrastructure.blobs import BlobStore
from infrastructure.database import BatchDatabase, Database
from infrastructure.documents.chunking import Chunker
from infrastructure.documents.embedder import WordLlamaEmbedder
from infrastructure.documents.vectors import EmbeddingCache
from infrastructure.event_log.store import PostgresEventStore
from projections.documents.chunk_index import ChunkIndex
from projections.documents.search import PRESENT, Mode, search
from projections.engine.runner import Runner
from tests.vaults import VAULT

Result = TypeVar("Result")

EMBEDDER = WordLlamaEmbedder()
"""Loaded once for all tests of a process, on first use."""


def tenant() -> TenantId:
    """A tenant that no other test knows."""
    return TenantId(uuid4())


class Library:
    """Writes documents as events, without the pipeline's processes, and searches them."""

    def __init__(self, app_url: str, folder: Path, embedder: Embedder | None = None) -> None:
        self.database = Database(app_url)
        self.batch_database = BatchDatabase(app_url)
        self.blobs = BlobStore(folder.as_uri())
        self.vectors = EmbeddingCache(self.database, embedder or EMBEDDER)
        self.index = ChunkIndex(self.blobs, self.vectors)
        self.runner = Runner(self.batch_database, [self.index], VAULT)
        self._store = PostgresEventStore(self.database, VAULT)
        self._chunker = Chunker()
        self._versions: dict[tuple[TenantId, StreamId], Version] = {}

    async def add(
        self,
        tenant_id: TenantId,
        title: str,
        text: str,
        *,
        language: str | None = "en",
        knowledge_base_id: UUID | None = None,
    ) -> UUID:
        """A document that has passed the stages that the index looks at; its id."""
        document_id = StreamId(uuid5(tenant_id, f"{title}\n{text}"))
        for events in await self.history(
            tenant_id, title, text, language=language, knowledge_base_id=knowledge_base_id
        ):
            await self.record(tenant_id, document_id, events)
        return document_id

    async def history(
        self,
        tenant_id: TenantId,
        title: str,
        text: str,
        *,
        language: str | None = "en",
        knowledge_base_id: UUID | None = None,
    ) -> list[list[Event]]:
        """The events of a document's life, in the groups in which they are recorded."""
        text_sha256 = await self.blobs.put(tenant_id, text.encode())
        spans = self._chunker.chunks(text)
        chunks_sha256 = await self.blobs.put(tenant_id, encode_spans(spans))
        content = Content(sha256=text_sha256, size=len(text.encode()) or 1, media_type="text/plain")
        ingestion = IngestionResult(
            text_sha256=text_sha256,
            characters=len(text),
            media_type="text/plain",
            language=language,
        )
        embedding = EmbeddingResult(
            model=self.vectors.model,
            dimensions=self.vectors.dimensions,
            chunks=len(spans),
            chunks_sha256=chunks_sha256,
        )
        return [
            [DocumentAdded(title=title, content=content, knowledge_base_id=knowledge_base_id)],
            [DocumentStageStarted(stage=Stage.INGESTION, attempt=1)],
            [DocumentStageCompleted(stage=Stage.INGESTION, result=ingestion)],
            [DocumentStageCompleted(stage=Stage.QUALITY, result=QualityResult(score=1.0))],
            [DocumentStageCompleted(stage=Stage.EMBEDDING, result=embedding)],
        ]

    async def remove(self, tenant_id: TenantId, document_id: UUID) -> None:
        """Take the document out."""
        await self.record(tenant_id, StreamId(document_id), [DocumentRemoved()])

    async def record(
        self, tenant_id: TenantId, stream_id: StreamId, events: Sequence[Event]
    ) -> Position:
        """Append events to a stream."""
        expected = self._versions.get((tenant_id, stream_id), Version(0))
        command_id = CommandId(uuid5(stream_id, str(expected)))
        recorded = await self._store.append(
            tenant_id,
            Append(
                command_id=command_id,
                streams=[NewEvents(stream_id=stream_id, expected=expected, events=events)],
                actor="test",
                correlation_id=command_id,
            ),
        )
        self._versions[tenant_id, stream_id] = recorded.version
        return recorded.position

    def catch_up(self, tenant_id: TenantId, *, batch_events: int = 500) -> None:
        """Have the index read the log to its end."""
        self.runner.catch_up(self.index, tenant_id, batch_events=batch_events)

    async def search(
        self,
        tenant_id: TenantId,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        knowledge_base_id: UUID | None = None,
        as_of: Position = PRESENT,
    ) -> list[Passage]:
        """What the index finds, or found."""
        return await search(
            self.database,
            self.vectors,
            tenant_id,
            query,
            limit=limit,
            mode=mode,
            knowledge_base_id=knowledge_base_id,
            as_of=as_of,
        )


def tell(
    app_url: str,
    folder: Path,
    story: Callable[[Library], Awaitable[Result]],
    *,
    embedder: Embedder | None = None,
) -> Result:
    """Run one story in a library of its own; the blobs are in `folder`."""

    async def told() -> Result:
        async with opened(app_url, folder, embedder=embedder) as library:
            return await story(library)

    return asyncio.run(told())


@contextlib.asynccontextmanager
async def opened(
    app_url: str, folder: Path, *, embedder: Embedder | None = None
) -> AsyncIterator[Library]:
    """A library whose connections are closed at the end."""
    library = Library(app_url, folder, embedder)
    await library.database.open()
    library.batch_database.open()
    try:
        yield library
    finally:
        library.batch_database.close()
        await library.database.close()
