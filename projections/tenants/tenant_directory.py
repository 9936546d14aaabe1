"""The tenant as its members see it."""

from datetime import datetime
from uuid import UUID

import msgspec

from application.recorded import RecordedEvent
from domain.ids import TenantId
from domain.tenants.events import TenantRegistered
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "tenant_directory.sql")


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant."""

    tenant_id: UUID
    name: str
    slug: str
    plan: str
    status: str
    version: int
    created_at: datetime
    updated_at: datetime


class TenantDirectory(RowFold[TenantRow]):
    """One row a tenant."""

    name = "tenant_directory"
    version = 1
    queries = SQL
    tables = ("tenants_v1",)
    row_type = TenantRow

    @on(TenantRegistered)
    def registered(
        self, _row: TenantRow | None, event: TenantRegistered, recorded: RecordedEvent
    ) -> TenantRow:
        """A tenant comes to be."""
        return TenantRow(
            tenant_id=recorded.tenant_id,
            name=event.name,
            slug=event.slug,
            plan=event.plan,
            status="active",
            version=recorded.version,
            created_at=recorded.recorded_at,
            updated_at=recorded.recorded_at,
        )


async def one(database: Database, tenant_id: TenantId) -> TenantRow | None:
    """The tenant itself."""
    return await database.row(tenant_id, SQL["one"], {}, TenantRow)
