"""What the demonstration reads out of Muniment's answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """The demonstration's own tenant, and how to log in to it afterwards."""

    tenant_id: UUID
    slug: str
    email: str
    password: str


class StageStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stage of one document."""

    status: str
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    detail: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document stands at a position of the log."""

    overall: str
    stages: Mapping[str, StageStatus]
    position: int


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a document's history."""

    position: int
    version: int
    type: str
    data: dict[str, Any]
    actor: str
    recorded_at: datetime
    document_id: UUID | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A passage that an answer rests on: `text` is `[start, end)` of the document's text."""

    document_id: UUID
    title: str
    text: str
    start: int
    end: int
    score: float


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back to a question."""

    answer: str
    receipt_id: UUID
    sources: Sequence[Source]
