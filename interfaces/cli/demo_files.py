"""What the demonstration uploads, and what it asks about it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from interfaces.cli.demo_answers import Fact
from interfaces.cli.demo_report import Followed
from interfaces.cli.preflight import CannotStart

DOCS = Path(__file__).parents[2] / "docs"
SUFFIXES = frozenset({".csv", ".docx", ".htm", ".html", ".json", ".md", ".pdf", ".txt"})
PAGES_MAX = 25
FILES_MAX = 200
QUESTIONS = 3
TITLE_LENGTH_MAX = 200

SAMPLE_QUESTIONS = (
    "How long are water quality test results kept?",
    "What caused the low chlorine residual at Eastmoor in March 2026?",
    "How quickly must Brightwell have a technician on site for a critical fault?",
)
"""Answered by the files of docs/samples; their README says where."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file to upload: what it is called on the screen, and the title it gets."""

    path: Path
    name: str
    title: str


def choose(paths: Sequence[Path]) -> list[File]:
    """The files named and those in the folders named; without any, the project's own.

    Raises:
        CannotStart: there are none.
    """
    found = list(_named(paths)) if paths else [(DOCS, path) for path in _own()]
    if not found and paths:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise CannotStart(f"nothing to upload there: files may be {kinds}")
    if not found:
        raise CannotStart(
            "the project's docs are not installed here: name files or folders to upload, as in "
            "`muniment demo ~/papers`"
        )
    return [
        File(path=path, name=str(path.relative_to(folder)), title=_title(path))
        for folder, path in found[:FILES_MAX]
    ]


def questions(
    files: Sequence[File], followed: Sequence[Followed], facts: Sequence[Fact]
) -> list[str]:
    """Three questions: those of the samples where they are here, else from the keywords found."""
    if are_samples(files):
        return list(SAMPLE_QUESTIONS)
    keywords = {
        fact.document_id: fact.data["result"]["keywords"]
        for fact in facts
        if fact.type == "document.stage_completed" and fact.data.get("stage") == "TAXONOMY"
    }
    asked = [
        _question(document.title, keywords.get(document.id, []))
        for document in followed
        if document.completed
    ]
    step = max(1, len(asked) // QUESTIONS)
    return asked[::step][:QUESTIONS]


def are_samples(files: Sequence[File]) -> bool:
    """Whether the project's own files were chosen, whose answers are known."""
    return any(file.path == DOCS / "samples" / "records-retention-policy.pdf" for file in files)


def _question(title: str, keywords: Sequence[str]) -> str:
    if not keywords:
        return f"What is said in {title}?"
    return f"What is said about {' and '.join(keywords[:2])}?"


def _named(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Each file with the folder that its name is told from."""
    for path in paths:
        if path.is_dir():
            yield from ((path, found) for found in sorted(_inside(path)))
        else:
            yield path.parent, path


def _inside(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path


def _own() -> list[Path]:
    """The samples, then pages of the documentation: some of every room."""
    samples = DOCS / "samples"
    chosen = [path for path in sorted(_inside(samples)) if path.suffix != ".md"]
    rooms: dict[Path, list[Path]] = defaultdict(list)
    for page in sorted(DOCS.rglob("*.md")):
        if page.parent != samples and not _quotes_the_questions(page):
            rooms[page.parent].append(page)
    ranked = [(rank, page) for pages in rooms.values() for rank, page in enumerate(pages)]
    return chosen + [page for _, page in sorted(ranked)][:PAGES_MAX]


def _quotes_the_questions(page: Path) -> bool:
    """Whether it would be found for its own words, before the document that has the answer."""
    text = page.read_text(errors="replace")
    return any(question in text for question in SAMPLE_QUESTIONS)


def _title(path: Path) -> str:
    """A page's own heading, else the name of the file."""
    if path.suffix == ".md":
        heading = re.search(r"^# +(\S.*)$", path.read_text(errors="replace"), re.MULTILINE)
        if heading:
            return heading[1].strip()[:TITLE_LENGTH_MAX]
    return path.name
