"""What may happen to a document."""

import pytest

from domain.documents import document
from domain.documents.events import (
    Content,
    DocumentAdded,
    DocumentRemoved,
    DocumentStageCompleted,
    DocumentStageFailed,
    DocumentStageRetried,
    DocumentStageStarted,
)
from domain.documents.results import QualityResult
from domain.documents.stages import Stage, Status
from domain.event import Event, UnknownEvent
from tests.given import given

CONTENT = Content(sha256="ab" * 32, size=31, media_type="text/plain")
ADDED = DocumentAdded(title="Retention policy", content=CONTENT)
STARTED = DocumentStageStarted(stage=Stage.QUALITY, attempt=1)
RESULT = QualityResult(score=1.0)
COMPLETED = DocumentStageCompleted(stage=Stage.QUALITY, result=RESULT)
FAILED = DocumentStageFailed(stage=Stage.QUALITY, reason="x", detail="y")


def test_a_document_is_added_under_its_trimmed_title() -> None:
    given(document.evolve).when(
        document.add, title=" Retention policy ", content=CONTENT, knowledge_base_id=None
    ).then(ADDED)


@pytest.mark.parametrize("title", ["", "  ", "a\x00b", "two\nlines", "x" * 501, "\u202eevil"])
def test_a_title_is_one_printable_line(title: str) -> None:
    given(document.evolve).when(
        document.add, title=title, content=CONTENT, knowledge_base_id=None
    ).then_refused(document.DocumentTitleInvalid)


def test_a_document_without_content_is_refused() -> None:
    empty = Content(sha256="ab" * 32, size=0, media_type="text/plain")
    given(document.evolve).when(
        document.add, title="Nothing", content=empty, knowledge_base_id=None
    ).then_refused(document.DocumentEmpty)


def test_a_document_is_removed_once() -> None:
    given(document.evolve, [ADDED]).when(document.remove).then(DocumentRemoved())
    given(document.evolve, [ADDED, DocumentRemoved()]).when(document.remove).then_refused(
        document.DocumentNotFound
    )


def test_a_stage_starts_again_after_its_worker_died() -> None:
    given(document.evolve, [ADDED, STARTED]).when(
        document.start_stage, Stage.QUALITY, attempt=2
    ).then(DocumentStageStarted(stage=Stage.QUALITY, attempt=2))


@pytest.mark.parametrize("history", [[COMPLETED], [FAILED], [DocumentRemoved()]])
def test_a_settled_stage_is_not_done_again(history: list[Event]) -> None:
    before = [ADDED, STARTED, *history]
    given(document.evolve, before).when(document.start_stage, Stage.QUALITY, attempt=2).then()
    given(document.evolve, before).when(
        document.complete_stage, Stage.QUALITY, result=RESULT
    ).then()
    given(document.evolve, before).when(
        document.fail_stage, Stage.QUALITY, reason="x", detail="y"
    ).then()


def test_only_a_failed_stage_can_be_retried() -> None:
    given(document.evolve, [ADDED, STARTED, FAILED]).when(document.retry_stage, Stage.QUALITY).then(
        DocumentStageRetried(stage=Stage.QUALITY)
    )
    given(document.evolve, [ADDED, STARTED, COMPLETED]).when(
        document.retry_stage, Stage.QUALITY
    ).then_refused(document.StageNotFailed)


def test_a_removed_document_is_not_retried() -> None:
    history = [ADDED, STARTED, FAILED, DocumentRemoved()]
    given(document.evolve, history).when(document.retry_stage, Stage.QUALITY).then_refused(
        document.DocumentNotFound
    )


def test_a_retried_stage_is_pending_again() -> None:
    state = given(
        document.evolve, [ADDED, STARTED, FAILED, DocumentStageRetried(stage=Stage.QUALITY)]
    ).state
    assert state.stages[Stage.QUALITY] is Status.PENDING


def test_a_document_does_not_come_to_be_twice() -> None:
    with pytest.raises(UnknownEvent):
        given(document.evolve, [ADDED, ADDED])


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        (None, None),
        ("", None),
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\a.pdf", "a.pdf"),
        ("a\x00\u202efdp.exe", "afdp.exe"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_file_name_is_only_a_name(given_name: str | None, kept: str | None) -> None:
    assert document.clean_filename(given_name) == kept
