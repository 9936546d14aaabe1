"""The passages of all documents, ready to be ranked by their words and by their meaning."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from obstore.exceptions import BaseError
from psycopg import Connection
from psycopg.rows import tuple_row

from application.documents import words
from application.documents.pipeline import decode_spans
from application.jobs import Job
from application.recorded import RecordedEvent
from domain.documents.events import DocumentAdded, DocumentRemoved, DocumentStageCompleted
from domain.documents.results import EmbeddingResult, IngestionResult
from domain.ids import TenantId
from infrastructure.blobs import BlobMissing, BlobStore
from infrastructure.documents.vectors import EmbeddingCache
from infrastructure.sql import Queries
from projections.documents import terms
from projections.engine.projection import Unavailable, on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "chunk_index.sql")

WRITTEN_AT_ONCE = 128

NEVER = 2**63 - 1
"""A position that no log comes to: of what has not happened."""


class IndexedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `chunk_documents`; `position` is that of the last event taken in.

    Each `…_at` is the position at which that happened, or `NEVER`.
    """

    tenant_id: UUID
    document_id: UUID
    title: str
    knowledge_base_id: UUID | None
    dictionary: str = terms.SIMPLE
    text_sha256: str | None = None
    chunks_sha256: str | None = None
    added_at: int
    ingested_at: int = NEVER
    embedded_at: int = NEVER
    removed_at: int = NEVER
    position: int


class Chunk(msgspec.Struct, frozen=True):
    """One passage and the document it is from."""

    document: IndexedDocument
    number: int
    start: int
    end: int
    text: str


class ChunkIndex(RowFold[IndexedDocument]):
    """A row for each document, and rows for each of its passages once it is embedded.

    Those of a removed document stay, with the position until before which they are found: a
    search as of an earlier moment finds them, one of the present does not.

    The passages follow from the document's row alone, so that nothing depends on which events
    came in one batch. Text and spans are read from the blobs; vectors from the cache of the
    embedder in use, whichever one the event names: a rebuild moves a tenant to a new model.
    """

    name = "chunk_index"
    version = 2
    queries = SQL
    tables = ("chunk_documents_v2", "chunks_v2", "chunk_vectors_v2")
    row_type = IndexedDocument
    slow = True

    def __init__(self, blobs: BlobStore, vectors: EmbeddingCache) -> None:
        self._blobs = blobs
        self._vectors = vectors

    @on(DocumentAdded)
    def added(
        self, row: IndexedDocument | None, event: DocumentAdded, recorded: RecordedEvent
    ) -> IndexedDocument:
        """Known, but not found by any search yet."""
        if row is not None:
            return row  # taken in before
        return IndexedDocument(
            tenant_id=recorded.tenant_id,
            document_id=recorded.stream_id,
            title=event.title,
            knowledge_base_id=event.knowledge_base_id,
            added_at=recorded.position,
            position=recorded.position,
        )

    @on(DocumentStageCompleted)
    def completed(
        self, row: IndexedDocument | None, event: DocumentStageCompleted, recorded: RecordedEvent
    ) -> IndexedDocument | None:
        """Ingestion gives text and language, embedding the passages."""
        if row is None or row.position >= recorded.position:
            return row  # never added, or taken in before
        match event.result:
            case IngestionResult() as result:
                return msgspec.structs.replace(
                    row,
                    text_sha256=result.text_sha256,
                    dictionary=terms.dictionary(result.language),
                    ingested_at=recorded.position,
                    position=recorded.position,
                )
            case EmbeddingResult() as result:
                return msgspec.structs.replace(
                    row,
                    chunks_sha256=result.chunks_sha256,
                    embedded_at=recorded.position,
                    position=recorded.position,
                )
            case _:
                return row

    @on(DocumentRemoved)
    def removed(
        self, row: IndexedDocument | None, _event: DocumentRemoved, recorded: RecordedEvent
    ) -> IndexedDocument | None:
        """Gone from every search from here on."""
        if row is None or row.position >= recorded.position:
            return row
        return msgspec.structs.replace(
            row, removed_at=recorded.position, position=recorded.position
        )

    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        """Fold the documents' rows, then write their passages anew, or only how long they last."""
        taken = [recorded for recorded in events if _matters(recorded)]
        ended = _ended_alone(taken)
        changed = list({key: None for each in taken if (key := self.key(each)) not in ended})
        if not taken:
            return ()
        super().apply(connection, tenant_id, taken)
        if ended:
            connection.execute(SQL["end_chunks"], {"tenant_id": tenant_id, "keys": list(ended)})
        if not changed:
            return ()
        connection.execute(SQL["delete_chunks"], {"tenant_id": tenant_id, "keys": changed})
        documents = self.read_rows(connection, tenant_id, changed).values()
        chunks = (chunk for document in documents for chunk in self._chunks(document))
        while batch := list(islice(chunks, WRITTEN_AT_ONCE)):
            self._write(connection, TenantId(tenant_id), batch)
        return ()

    def _chunks(self, document: IndexedDocument) -> Iterator[Chunk]:
        if document.text_sha256 is None or document.chunks_sha256 is None:
            return
        try:
            text = self._blob(document.tenant_id, document.text_sha256).decode()
            spans = decode_spans(self._blob(document.tenant_id, document.chunks_sha256))
        except BlobMissing:
            if document.removed_at == NEVER:
                raise
            return  # nothing of the present hangs on it
        for number, span in enumerate(spans):
            yield Chunk(document, number, span.start, span.end, text[span.start : span.end])

    def _blob(self, tenant_id: UUID, sha256: str) -> bytes:
        try:
            return self._blobs.get_now(TenantId(tenant_id), sha256)
        except (OSError, BaseError) as error:
            raise Unavailable("the blob store") from error

    def _write(
        self, connection: Connection[Any], tenant_id: TenantId, chunks: Sequence[Chunk]
    ) -> None:
        texts = [chunk.text for chunk in chunks]
        lexemes = _lexemes(connection, chunks)
        parameters = {
            "tenant_id": tenant_id,
            "document_ids": [chunk.document.document_id for chunk in chunks],
            "numbers": [chunk.number for chunk in chunks],
            "starts": [chunk.start for chunk in chunks],
            "ends": [chunk.end for chunk in chunks],
            "texts": texts,
            "knowledge_base_ids": [chunk.document.knowledge_base_id for chunk in chunks],
            "dictionaries": [chunk.document.dictionary for chunk in chunks],
            "lengths": [len(text) + len(title) for text, title in lexemes],
            "terms": [terms.sparse(terms.count(text, title)) for text, title in lexemes],
            "model": self._vectors.model,
            "embeddings": self._vectors.vectors_now(connection, tenant_id, texts),
            "found_from": [
                max(chunk.document.ingested_at, chunk.document.embedded_at) for chunk in chunks
            ],
            "found_until": [chunk.document.removed_at for chunk in chunks],
        }
        connection.execute(SQL["insert_chunks"], parameters)


def _matters(recorded: RecordedEvent) -> bool:
    """Most stages change nothing here."""
    event = recorded.event
    return not isinstance(event, DocumentStageCompleted) or isinstance(
        event.result, IngestionResult | EmbeddingResult
    )


def _ended_alone(events: Sequence[RecordedEvent]) -> set[UUID]:
    """The documents to which nothing else happened: their passages need not be made anew."""
    ended: set[UUID] = set()
    others: set[UUID] = set()
    for recorded in events:
        (ended if isinstance(recorded.event, DocumentRemoved) else others).add(recorded.stream_id)
    return ended - others


def _lexemes(
    connection: Connection[Any], chunks: Sequence[Chunk]
) -> list[tuple[list[str], list[str]]]:
    """Lexemes of each chunk's text and of its document's title, without stop words."""
    cut = [
        (chunk.document.dictionary, words.of(chunk.text), words.of(chunk.document.title))
        for chunk in chunks
    ]
    asked = list(
        {(dictionary, word): None for dictionary, *both in cut for part in both for word in part}
    )
    parameters = {
        "dictionaries": [dictionary for dictionary, _ in asked],
        "words": [word for _, word in asked],
    }
    cursor = connection.cursor(row_factory=tuple_row)
    rows = cursor.execute(SQL["lexize"], parameters).fetchall()
    stemmed: dict[tuple[str, str], list[str]] = {
        (dictionary, word): lexemes for dictionary, word, lexemes in rows
    }

    def stem(dictionary: str, text: Sequence[str]) -> list[str]:
        return [lexeme for word in text for lexeme in stemmed[dictionary, word]]

    return [(stem(dictionary, text), stem(dictionary, title)) for dictionary, text, title in cut]
