"""Documents as the API shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response

from application.recorded import RecordedEvent
from domain.documents.document import DocumentNotFound
from domain.documents.events import DocumentAdded
from domain.documents.stages import Stage, Status
from domain.event import Conflict
from projections.documents.document_list import ListedDocument
from projections.documents.document_status import StageStatus, StatusRow


class NotIngestedYet(Conflict):
    """The document has no text yet: its ingestion is not completed."""


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document stands. `position` is that of the last event taken in."""

    id: UUID
    overall: Status
    stages: Mapping[Stage, StageStatus]
    position: int
    updated_at: datetime


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream."""

    position: int
    version: int
    type: str
    data: Any
    actor: str
    recorded_at: datetime


def status(row: StatusRow) -> StatusAnswer:
    """The read model's row without the tenant."""
    return StatusAnswer(
        id=row.id,
        overall=row.overall,
        stages={stage: row.stages[stage] for stage in Stage},
        position=row.position,
        updated_at=row.updated_at,
    )


def facts(events: Sequence[RecordedEvent]) -> list[Fact]:
    """A document's events.

    Raises:
        DocumentNotFound: this is not the history of a document.
    """
    if not events or not isinstance(events[0].event, DocumentAdded):
        raise DocumentNotFound
    return [
        Fact(
            position=recorded.position,
            version=recorded.version,
            type=recorded.type,
            data=recorded.event,
            actor=recorded.actor,
            recorded_at=recorded.recorded_at,
        )
        for recorded in events
    ]


def download(document: ListedDocument, data: bytes, headers: Mapping[str, str]) -> Response[bytes]:
    """Always an attachment, in a sandbox, under an encoded name (RFC 6266)."""
    name = quote(document.filename or f"{document.id}.txt", safe="")
    return Response(
        data,
        media_type=document.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "ETag": f'"{document.content_sha256}"',
            **headers,
        },
    )
