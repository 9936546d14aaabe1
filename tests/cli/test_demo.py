"""What the demonstration uploads and asks, and how it shows what it does not trust."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from interfaces.cli import demo_files, demo_tables
from interfaces.cli.demo_answers import Fact, StageStatus, Status
from interfaces.cli.demo_report import STAGES, Followed
from interfaces.cli.preflight import CannotStart

DOCUMENT = UUID("0198c2f4-7a31-7c55-9b0e-3d6f1a2b4c5d")


def status(**stages: str) -> Status:
    found = {name: StageStatus(status=stages.get(name, "COMPLETED")) for name in STAGES}
    failed = "FAILED" in stages.values()
    return Status(overall="FAILED" if failed else "COMPLETED", stages=found, position=9)


def followed(title: str, **stages: str) -> Followed:
    return Followed(file=title, title=title, id=DOCUMENT, status=status(**stages))


def test_by_default_the_samples_and_pages_of_every_room_are_uploaded() -> None:
    chosen = demo_files.choose([])
    suffixes = {file.path.suffix for file in chosen}
    assert {".pdf", ".docx", ".html", ".csv", ".md"} <= suffixes
    rooms = {file.path.parent.name for file in chosen}
    assert {"samples", "decisions", "explanation", "how-to", "reference"} <= rooms
    assert "samples/README.md" not in {file.name for file in chosen}  # it holds the answers


def test_the_questions_are_those_that_the_samples_answer() -> None:
    answered = (demo_files.DOCS / "samples" / "README.md").read_text()
    for question in demo_files.SAMPLE_QUESTIONS:
        assert question in answered


def test_a_folder_gives_its_files_but_not_what_is_hidden_or_of_another_kind(
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    for name in (".git/notes.md", "deep/b.txt", "a.md", "picture.png"):
        (tmp_path / name).write_text("# A title of its own\n\nWords.")
    assert [(file.name, file.title) for file in demo_files.choose([tmp_path])] == [
        ("a.md", "A title of its own"),
        ("deep/b.txt", "b.txt"),
    ]


def test_a_folder_without_documents_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="nothing to upload"):
        demo_files.choose([tmp_path])


def test_other_files_are_asked_about_by_their_keywords(tmp_path: Path) -> None:
    (tmp_path / "ferry.txt").write_text("The ferry leaves from the pier.")
    fact = Fact(
        position=1,
        version=1,
        type="document.stage_completed",
        data={"stage": "TAXONOMY", "result": {"keywords": ["ferry", "pier", "saint"]}},
        actor="worker",
        recorded_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        document_id=DOCUMENT,
    )
    asked = demo_files.questions(
        demo_files.choose([tmp_path]),
        [followed("ferry.txt"), followed("b", GRAPH="FAILED")],
        [fact],
    )
    assert asked == ["What is said about ferry and pier?"]


def test_a_document_is_settled_when_nothing_more_can_happen() -> None:
    assert followed("all done").settled
    assert followed("one failed", GRAPH="FAILED").settled
    assert not followed("one left", GRAPH="FAILED", QUALITY="PENDING").settled
    assert followed("no text", INGESTION="FAILED", **dict.fromkeys(STAGES[1:], "PENDING")).settled


def test_text_of_documents_cannot_command_the_terminal() -> None:
    console = Console(record=True, width=100)
    with console.capture() as capture:
        console.print(demo_tables.stages([followed("\x1b[2Jgone\x07 [red]marked")], 100))
    assert "\x1b" not in capture.get()
    assert "[red]marked" in capture.get()
