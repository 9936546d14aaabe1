"""From which position to which each document was there, also of those that are there no more."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from application.recorded import RecordedEvent
from domain.documents.events import DocumentAdded, DocumentRemoved
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "document_lifetimes.sql")


class Lifetime(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: the positions of its first event and of its removal."""

    tenant_id: UUID
    id: UUID
    knowledge_base_id: UUID | None
    position: int
    removed_at: int | None = None


class DocumentLifetimes(RowFold[Lifetime]):
    """One row a document, for ever."""

    name = "document_lifetimes"
    version = 1
    queries = SQL
    tables = ("document_lifetimes_v1",)
    row_type = Lifetime

    @on(DocumentAdded)
    def added(
        self, _row: Lifetime | None, event: DocumentAdded, recorded: RecordedEvent
    ) -> Lifetime:
        """There from here on."""
        return Lifetime(
            tenant_id=recorded.tenant_id,
            id=recorded.stream_id,
            knowledge_base_id=event.knowledge_base_id,
            position=recorded.position,
        )

    @on(DocumentRemoved)
    def removed(
        self, row: Lifetime | None, _event: DocumentRemoved, recorded: RecordedEvent
    ) -> Lifetime | None:
        """There no more; before, it was."""
        return row and msgspec.structs.replace(row, removed_at=recorded.position)


class _Id(NamedTuple):
    id: UUID


async def page(
    database: Database,
    tenant_id: TenantId,
    *,
    as_of: Position,
    before: int,
    limit: int,
    knowledge_base_id: UUID | None = None,
) -> Sequence[UUID]:
    """Up to `limit` documents that were there at `as_of`, newest first.

    Those alone that entered the log before position `before`.
    """
    parameters = {
        "as_of": as_of,
        "before": before,
        "limit": limit,
        "knowledge_base_id": knowledge_base_id,
    }
    found = await database.rows(tenant_id, SQL["page"], parameters, _Id)
    return [row.id for row in found]
