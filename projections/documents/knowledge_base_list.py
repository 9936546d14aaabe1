"""The knowledge bases of a tenant, newest first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from application.recorded import RecordedEvent
from domain.documents.events import KnowledgeBaseCreated
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine.past import Past
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "knowledge_base_list.sql")


class ListedKnowledgeBase(msgspec.Struct, frozen=True, kw_only=True):
    """One knowledge base; `position` is where it entered the log."""

    id: UUID
    name: str
    description: str
    version: int
    position: int
    created_at: datetime


class KnowledgeBaseRow(ListedKnowledgeBase, frozen=True, kw_only=True):
    """One row of the table."""

    tenant_id: UUID


class KnowledgeBaseList(RowFold[KnowledgeBaseRow]):
    """One row a knowledge base."""

    name = "knowledge_base_list"
    version = 1
    queries = SQL
    tables = ("knowledge_bases_v1",)
    row_type = KnowledgeBaseRow

    @on(KnowledgeBaseCreated)
    def created(
        self, _row: KnowledgeBaseRow | None, event: KnowledgeBaseCreated, recorded: RecordedEvent
    ) -> KnowledgeBaseRow:
        """A knowledge base comes to be."""
        return KnowledgeBaseRow(
            tenant_id=recorded.tenant_id,
            id=recorded.stream_id,
            name=event.name,
            description=event.description,
            version=recorded.version,
            position=recorded.position,
            created_at=recorded.recorded_at,
        )


async def one(
    database: Database, tenant_id: TenantId, knowledge_base_id: UUID
) -> ListedKnowledgeBase | None:
    """One knowledge base."""
    parameters = {"id": knowledge_base_id}
    return await database.row(tenant_id, SQL["one"], parameters, ListedKnowledgeBase)


async def page(
    database: Database, tenant_id: TenantId, *, before: int, limit: int
) -> Sequence[ListedKnowledgeBase]:
    """Up to `limit` knowledge bases that entered the log before position `before`."""
    parameters = {"before": before, "limit": limit}
    return await database.rows(tenant_id, SQL["page"], parameters, ListedKnowledgeBase)


async def one_as_of(
    past: Past, tenant_id: TenantId, knowledge_base_id: UUID, as_of: Position
) -> ListedKnowledgeBase | None:
    """One knowledge base as it was at a position."""
    row = await past.row(KnowledgeBaseList(), tenant_id, knowledge_base_id, as_of)
    return row and _without_tenant(row)


async def page_as_of(
    database: Database,
    past: Past,
    tenant_id: TenantId,
    *,
    as_of: Position,
    before: int,
    limit: int,
) -> Sequence[ListedKnowledgeBase]:
    """As `page`, at a position that the projection has passed.

    A knowledge base is never removed, so those of then are those of now that are older.
    """
    now = await page(database, tenant_id, before=min(before, as_of + 1), limit=limit)
    ids = [each.id for each in now]
    rows = await past.rows(KnowledgeBaseList(), tenant_id, ids, as_of)
    return [_without_tenant(row) for row in rows]


def _without_tenant(row: KnowledgeBaseRow) -> ListedKnowledgeBase:
    shown = {name: getattr(row, name) for name in ListedKnowledgeBase.__struct_fields__}
    return ListedKnowledgeBase(**shown)
