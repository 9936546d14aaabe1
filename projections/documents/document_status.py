"""Where each document stands in the pipeline."""

from collections.abc import Mapping
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
from domain.documents.stages import Stage, Status, overall
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine.past import Past
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "document_status.sql")


class StageStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stage: its status and attempts so far; when failed, why and what to do."""

    status: Status
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    detail: str | None = None


class StatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table; `position` is that of the last event taken in."""

    tenant_id: UUID
    id: UUID
    overall: Status
    stages: Mapping[Stage, StageStatus]
    position: int
    updated_at: datetime


class DocumentStatus(RowFold[StatusRow]):
    """One row a document that was not removed."""

    name = "document_status"
    version = 1
    queries = SQL
    tables = ("document_status_v1",)
    row_type = StatusRow

    @on(DocumentAdded)
    def added(
        self, _row: StatusRow | None, _event: DocumentAdded, recorded: RecordedEvent
    ) -> StatusRow:
        """All five stages are pending."""
        return StatusRow(
            tenant_id=recorded.tenant_id,
            id=recorded.stream_id,
            overall=Status.PENDING,
            stages={stage: StageStatus(status=Status.PENDING) for stage in Stage},
            position=recorded.position,
            updated_at=recorded.recorded_at,
        )

    @on(DocumentStageStarted)
    def started(
        self, row: StatusRow | None, event: DocumentStageStarted, recorded: RecordedEvent
    ) -> StatusRow | None:
        """A worker is at it."""
        stage = StageStatus(
            status=Status.PROCESSING, attempts=event.attempt, started_at=recorded.recorded_at
        )
        return _with(row, event.stage, stage, recorded)

    @on(DocumentStageCompleted)
    def completed(
        self, row: StatusRow | None, event: DocumentStageCompleted, recorded: RecordedEvent
    ) -> StatusRow | None:
        """The stage is done."""
        return _with(
            row, event.stage, _ended(row, event.stage, Status.COMPLETED, recorded), recorded
        )

    @on(DocumentStageFailed)
    def failed(
        self, row: StatusRow | None, event: DocumentStageFailed, recorded: RecordedEvent
    ) -> StatusRow | None:
        """The stage gave up."""
        ended = _ended(row, event.stage, Status.FAILED, recorded)
        stage = msgspec.structs.replace(ended, reason=event.reason, detail=event.detail)
        return _with(row, event.stage, stage, recorded)

    @on(DocumentStageRetried)
    def retried(
        self, row: StatusRow | None, event: DocumentStageRetried, recorded: RecordedEvent
    ) -> StatusRow | None:
        """The stage waits again."""
        return _with(row, event.stage, StageStatus(status=Status.PENDING), recorded)

    @on(DocumentRemoved)
    def removed(
        self, _row: StatusRow | None, _event: DocumentRemoved, _recorded: RecordedEvent
    ) -> None:
        """A removed document has no status."""
        return


def _ended(
    row: StatusRow | None, stage: Stage, status: Status, recorded: RecordedEvent
) -> StageStatus:
    before = row.stages[stage] if row else StageStatus(status=Status.PENDING)
    return msgspec.structs.replace(before, status=status, ended_at=recorded.recorded_at)


def _with(
    row: StatusRow | None, stage: Stage, status: StageStatus, recorded: RecordedEvent
) -> StatusRow | None:
    if row is None:
        return None
    stages = {**row.stages, stage: status}
    return msgspec.structs.replace(
        row,
        stages=stages,
        overall=overall({name: each.status for name, each in stages.items()}),
        position=recorded.position,
        updated_at=recorded.recorded_at,
    )


class _Json(msgspec.Struct, frozen=True):
    json: str


async def one(database: Database, tenant_id: TenantId, document_id: UUID) -> StatusRow | None:
    """The status of one document."""
    row = await database.row(tenant_id, SQL["one"], {"id": document_id}, _Json)
    return msgspec.json.decode(row.json, type=StatusRow) if row else None


async def one_as_of(
    past: Past, tenant_id: TenantId, document_id: UUID, as_of: Position
) -> StatusRow | None:
    """The status of one document as it was at a position."""
    return await past.row(DocumentStatus(), tenant_id, document_id, as_of)
