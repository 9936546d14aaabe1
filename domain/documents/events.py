"""Facts about knowledge bases and the documents in them."""

from typing import ClassVar
from uuid import UUID

import msgspec

from domain.documents.results import StageResult
from domain.documents.stages import Stage
from domain.event import Event


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The immutable bytes of a document: their sha256 (hex), size in bytes, and how they came."""

    sha256: str
    size: int
    media_type: str
    filename: str | None = None


class KnowledgeBaseCreated(Event, frozen=True):
    """A place to put documents that belong together."""

    TYPE: ClassVar[str] = "knowledge_base.created"

    name: str
    description: str = ""


class DocumentAdded(Event, frozen=True):
    """A document entered the tenant's keeping."""

    TYPE: ClassVar[str] = "document.added"

    title: str
    content: Content
    knowledge_base_id: UUID | None = None


class DocumentRemoved(Event, frozen=True):
    """The document is no longer listed, found or used in answers."""

    TYPE: ClassVar[str] = "document.removed"


class DocumentStageStarted(Event, frozen=True):
    """A worker took up a stage; `attempt` counts from 1."""

    TYPE: ClassVar[str] = "document.stage_started"

    stage: Stage
    attempt: int


class DocumentStageCompleted(Event, frozen=True):
    """A stage is done, with its findings."""

    TYPE: ClassVar[str] = "document.stage_completed"

    stage: Stage
    result: StageResult


class DocumentStageFailed(Event, frozen=True):
    """A stage gave up. `reason` is a stable code; `detail` tells a person what to do."""

    TYPE: ClassVar[str] = "document.stage_failed"

    stage: Stage
    reason: str
    detail: str


class DocumentStageRetried(Event, frozen=True):
    """A person asked for a failed stage to be done again."""

    TYPE: ClassVar[str] = "document.stage_retried"

    stage: Stage
