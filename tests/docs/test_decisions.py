"""Decision records have one form, and their list is complete."""

from pathlib import Path

import pytest

from tests.docs import pages

FOLDER = pages.DOCS / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences", "Enforced by"]
LINES_MAX = 70


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_its_four_parts_on_one_page(record: Path) -> None:
    assert list(pages.sections(record, 2)) == PARTS
    assert all(text.strip() for text in pages.sections(record, 2).values())
    assert len(record.read_text(encoding="utf-8").splitlines()) <= LINES_MAX


def test_records_are_numbered_without_gaps() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_the_list_names_every_record_by_its_title() -> None:
    listed = [cells[1] for cells in pages.rows((FOLDER / "README.md").read_text(encoding="utf-8"))]
    titles = [next(iter(pages.sections(record, 1))) for record in RECORDS]
    assert listed == [f"{title[5:]}" for title in titles]
    numbers = [f"[{record.name[:4]}]({record.name})" for record in RECORDS]
    first = pages.first_cells((FOLDER / "README.md").read_text(encoding="utf-8"))
    assert first == numbers
