"""Histories of documents, written to a log, and read models run over them."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from domain.documents.events import (
    Content,
    DocumentAdded,
    DocumentRemoved,
    DocumentStageCompleted,
    DocumentStageFailed,
    DocumentStageRetried,
    DocumentStageStarted,
    KnowledgeBaseCreated,
)
from domain.documents.results import IngestionResult, QualityResult
from domain.documents.stages import Stage
from domain.event import Event
from domain.ids import StreamId, TenantId
from infrastructure.database import BatchDatabase
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.vault.vault import Vault
from projections.documents.document_list import DocumentList
from projections.documents.document_status import DocumentStatus
from projections.documents.knowledge_base_list import KnowledgeBaseList
from projections.documents.pipeline_jobs import PipelineJobs
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from tests.event_log import logs
from tests.vaults import VAULT

TABLES = ("read.documents_v1", "read.document_status_v1", "read.knowledge_bases_v1", "work.jobs")
VOLATILE = {"run_at", "created_at", "updated_at", "started_at", "ended_at"}

ADDED = DocumentAdded(
    title="Retention policy", content=Content(sha256="ab" * 32, size=31, media_type="text/plain")
)
NEXT: tuple[Event, ...] = (
    DocumentStageStarted(stage=Stage.INGESTION, attempt=1),
    DocumentStageCompleted(
        stage=Stage.INGESTION,
        result=IngestionResult(
            text_sha256="cd" * 32, characters=31, media_type="text/plain", language="en"
        ),
    ),
    DocumentStageStarted(stage=Stage.QUALITY, attempt=1),
    DocumentStageCompleted(stage=Stage.QUALITY, result=QualityResult(score=0.5)),
    DocumentStageFailed(stage=Stage.GRAPH, reason="x", detail="y"),
    DocumentStageRetried(stage=Stage.GRAPH),
    DocumentRemoved(),
)
CREATED = KnowledgeBaseCreated(name="Contracts")


def every() -> list[Projection]:
    """The projections that need no blobs."""
    return [PipelineJobs(), DocumentList(), DocumentStatus(), KnowledgeBaseList()]


def write(
    app_url: str, tenant_id: TenantId, steps: Sequence[tuple[StreamId, Sequence[Event]]]
) -> None:
    """Append each step's events to its stream, step by step."""

    async def body(store: PostgresEventStore) -> None:
        versions: dict[StreamId, int] = {}
        for stream_id, events in steps:
            expected = versions.get(stream_id, 0)
            await store.append(tenant_id, logs.command(stream_id, expected, events=events))
            versions[stream_id] = expected + len(events)

    logs.with_store(app_url, body)


def run(
    app_url: str,
    tenant_id: TenantId,
    projections: Sequence[Projection] | None = None,
    *,
    batch_events: int | None = None,
    vault: Vault = VAULT,
) -> None:
    """Catch up with the head: in step as a worker does, or each alone in batches of a size."""
    database = BatchDatabase(app_url, size_max=4)
    database.open()
    try:
        chosen = list(projections or every())
        runner = Runner(database, chosen, vault)
        if batch_events is None:
            runner.run(tenant_id)
            return
        for projection in chosen:
            runner.catch_up(projection, tenant_id, batch_events=batch_events)
    finally:
        database.close()


def contents(admin_url: str, tenant_id: TenantId) -> dict[str, list[dict[str, Any]]]:
    """What the tables hold of a tenant, but for times."""
    found: dict[str, list[dict[str, Any]]] = {}
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        for table in TABLES:
            query = f"SELECT * FROM {table} WHERE tenant_id = %s ORDER BY 2"  # noqa: S608 - fixed
            rows = connection.execute(query.encode(), [tenant_id]).fetchall()
            found[table] = [_steady(row) for row in rows]
    return found


def forget(admin_url: str, tenant_id: TenantId) -> None:
    """Empty the read models of a tenant, with their checkpoints."""
    with psycopg.connect(admin_url) as connection:
        for table in (*TABLES, "read.checkpoints", "read.parked_streams"):
            query = f"DELETE FROM {table} WHERE tenant_id = %s"  # noqa: S608 - fixed names
            connection.execute(query.encode(), [tenant_id])


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(each) for key, each in value.items() if key not in VOLATILE}
    return value
