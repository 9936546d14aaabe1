"""The documents of a tenant, newest first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from application.recorded import RecordedEvent
from domain.documents.events import (
    DocumentAdded,
    DocumentRemoved,
    DocumentStageCompleted,
    DocumentStageFailed,
    DocumentStageRetried,
    DocumentStageStarted,
)
from domain.documents.results import IngestionResult
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.documents import document_lifetimes
from projections.engine.past import Past
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "document_list.sql")


class ListedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document; `position` is where it entered the log."""

    id: UUID
    title: str
    knowledge_base_id: UUID | None
    filename: str | None
    media_type: str
    size: int
    content_sha256: str
    text_sha256: str | None
    language: str | None
    version: int
    position: int
    created_at: datetime
    updated_at: datetime


class DocumentRow(ListedDocument, frozen=True, kw_only=True):
    """One row of the table."""

    tenant_id: UUID


class DocumentList(RowFold[DocumentRow]):
    """One row a document that was not removed."""

    name = "document_list"
    version = 1
    queries = SQL
    tables = ("documents_v1",)
    row_type = DocumentRow

    @on(DocumentAdded)
    def added(
        self, _row: DocumentRow | None, event: DocumentAdded, recorded: RecordedEvent
    ) -> DocumentRow:
        """A document enters the list."""
        return DocumentRow(
            tenant_id=recorded.tenant_id,
            id=recorded.stream_id,
            title=event.title,
            knowledge_base_id=event.knowledge_base_id,
            filename=event.content.filename,
            media_type=event.content.media_type,
            size=event.content.size,
            content_sha256=event.content.sha256,
            text_sha256=None,
            language=None,
            version=recorded.version,
            position=recorded.position,
            created_at=recorded.recorded_at,
            updated_at=recorded.recorded_at,
        )

    @on(DocumentStageStarted, DocumentStageFailed, DocumentStageRetried)
    def moved(
        self, row: DocumentRow | None, _event: object, recorded: RecordedEvent
    ) -> DocumentRow | None:
        """Its version is that of its stream."""
        return _touched(row, recorded)

    @on(DocumentStageCompleted)
    def completed(
        self, row: DocumentRow | None, event: DocumentStageCompleted, recorded: RecordedEvent
    ) -> DocumentRow | None:
        """Ingestion tells where its text is and in which language."""
        moved = _touched(row, recorded)
        if moved is None or not isinstance(event.result, IngestionResult):
            return moved
        return msgspec.structs.replace(
            moved, text_sha256=event.result.text_sha256, language=event.result.language
        )

    @on(DocumentRemoved)
    def removed(
        self, _row: DocumentRow | None, _event: DocumentRemoved, _recorded: RecordedEvent
    ) -> None:
        """It leaves the list."""
        return


def _touched(row: DocumentRow | None, recorded: RecordedEvent) -> DocumentRow | None:
    if row is None:
        return None
    return msgspec.structs.replace(row, version=recorded.version, updated_at=recorded.recorded_at)


async def one(database: Database, tenant_id: TenantId, document_id: UUID) -> ListedDocument | None:
    """One document."""
    return await database.row(tenant_id, SQL["one"], {"id": document_id}, ListedDocument)


async def page(
    database: Database,
    tenant_id: TenantId,
    *,
    before: int,
    limit: int,
    knowledge_base_id: UUID | None = None,
) -> Sequence[ListedDocument]:
    """Up to `limit` documents that entered the log before position `before`, newest first."""
    parameters = {"before": before, "limit": limit, "knowledge_base_id": knowledge_base_id}
    return await database.rows(tenant_id, SQL["page"], parameters, ListedDocument)


async def one_as_of(
    past: Past, tenant_id: TenantId, document_id: UUID, as_of: Position
) -> ListedDocument | None:
    """One document as it was at a position."""
    row = await past.row(DocumentList(), tenant_id, document_id, as_of)
    return row and _without_tenant(row)


async def page_as_of(
    database: Database,
    past: Past,
    tenant_id: TenantId,
    *,
    as_of: Position,
    before: int,
    limit: int,
    knowledge_base_id: UUID | None = None,
) -> Sequence[ListedDocument]:
    """As `page`, at a position that `DocumentLifetimes` has passed."""
    ids = await document_lifetimes.page(
        database,
        tenant_id,
        as_of=as_of,
        before=before,
        limit=limit,
        knowledge_base_id=knowledge_base_id,
    )
    rows = await past.rows(DocumentList(), tenant_id, ids, as_of)
    return [_without_tenant(row) for row in rows]


def _without_tenant(row: DocumentRow) -> ListedDocument:
    shown = {name: getattr(row, name) for name in ListedDocument.__struct_fields__}
    return ListedDocument(**shown)
