"""A document: immutable content that passes five stages and can be removed."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from domain.documents.events import (
    Content,
    DocumentAdded,
    DocumentRemoved,
    DocumentStageCompleted,
    DocumentStageFailed,
    DocumentStageRetried,
    DocumentStageStarted,
)
from domain.documents.results import IngestionResult, StageResult
from domain.documents.stages import Stage, Status
from domain.event import Conflict, Event, Invalid, NotFound, UnknownEvent
from domain.text import is_line

TITLE_LENGTH_MAX = 500
FILENAME_LENGTH_MAX = 255


class DocumentTitleInvalid(Invalid):
    """A document's title has 1 to 500 characters, is not blank and holds no control characters."""


class DocumentEmpty(Invalid):
    """A document needs content: the file or text is empty."""


class DocumentNotFound(NotFound):
    """There is no such document."""


class StageNotFailed(Conflict):
    """Only a failed stage can be retried."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one document."""

    title: str
    content: Content
    knowledge_base_id: UUID | None
    stages: Mapping[Stage, Status]
    ingestion: IngestionResult | None = None
    removed: bool = False


def add(*, title: str, content: Content, knowledge_base_id: UUID | None) -> list[Event]:
    """Decide the entry of a document whose bytes are already kept under `content.sha256`.

    Raises:
        DocumentTitleInvalid, DocumentEmpty: the named rule is broken.
    """
    check_title(title)
    if content.size == 0:
        raise DocumentEmpty
    return [
        DocumentAdded(title=title.strip(), content=content, knowledge_base_id=knowledge_base_id)
    ]


def check_title(title: str) -> None:
    """Refuse a title before its content is kept.

    Raises:
        DocumentTitleInvalid: see its message.
    """
    if not is_line(title, length_max=TITLE_LENGTH_MAX):
        raise DocumentTitleInvalid


def clean_filename(filename: str | None) -> str | None:
    """The last part of the sender's file name, printable, at most 255 characters; None if empty."""
    if filename is None:
        return None
    last = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()).strip()[:FILENAME_LENGTH_MAX] or None


def remove(state: Document) -> list[Event]:
    """Decide the removal of a document.

    Raises:
        DocumentNotFound: it was removed before.
    """
    if state.removed:
        raise DocumentNotFound
    return [DocumentRemoved()]


def start_stage(state: Document, stage: Stage, *, attempt: int) -> list[Event]:
    """Decide the start of a stage; nothing happens to one already done or to a removed document."""
    if state.removed or _settled(state, stage):
        return []
    return [DocumentStageStarted(stage=stage, attempt=attempt)]


def complete_stage(state: Document, stage: Stage, *, result: StageResult) -> list[Event]:
    """Decide the completion of a stage, once."""
    if state.removed or _settled(state, stage):
        return []
    return [DocumentStageCompleted(stage=stage, result=result)]


def fail_stage(state: Document, stage: Stage, *, reason: str, detail: str) -> list[Event]:
    """Decide the failure of a stage, once."""
    if state.removed or _settled(state, stage):
        return []
    return [DocumentStageFailed(stage=stage, reason=reason, detail=detail)]


def retry_stage(state: Document, stage: Stage) -> list[Event]:
    """Decide that a failed stage is to be done again.

    Raises:
        DocumentNotFound: the document was removed.
        StageNotFailed: the stage stands elsewhere.
    """
    if state.removed:
        raise DocumentNotFound
    if state.stages[stage] is not Status.FAILED:
        raise StageNotFailed
    return [DocumentStageRetried(stage=stage)]


def _settled(state: Document, stage: Stage) -> bool:
    return state.stages[stage] in (Status.COMPLETED, Status.FAILED)


def evolve(state: Document | None, event: Event) -> Document:
    """Fold one event into the state."""
    match event, state:
        case DocumentAdded(), None:
            return Document(
                title=event.title,
                content=event.content,
                knowledge_base_id=event.knowledge_base_id,
                stages=dict.fromkeys(Stage, Status.PENDING),
            )
        case DocumentRemoved(), Document():
            return msgspec.structs.replace(state, removed=True)
        case DocumentStageStarted(), Document():
            return _moved(state, event.stage, Status.PROCESSING)
        case DocumentStageCompleted(), Document():
            moved = _moved(state, event.stage, Status.COMPLETED)
            if isinstance(event.result, IngestionResult):
                return msgspec.structs.replace(moved, ingestion=event.result)
            return moved
        case DocumentStageFailed(), Document():
            return _moved(state, event.stage, Status.FAILED)
        case DocumentStageRetried(), Document():
            return _moved(state, event.stage, Status.PENDING)
        case _:
            raise UnknownEvent(event)


def _moved(state: Document, stage: Stage, status: Status) -> Document:
    return msgspec.structs.replace(state, stages={**state.stages, stage: status})
