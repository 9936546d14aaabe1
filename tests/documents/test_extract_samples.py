"""The sample documents that come with the project can be read and hold what their page says."""

import re
from pathlib import Path

import pytest

from infrastructure.documents.analysis import StatisticalAnalysis
from infrastructure.documents.extract import formats
from infrastructure.documents.media_types import ContentMediaTypes

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
FILES = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".md")
ANALYSIS = StatisticalAnalysis()


def text(path: Path) -> str:
    data = path.read_bytes()
    media_type = ContentMediaTypes().detect(data, filename=path.name)
    return formats.extract(data, media_type).text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_is_small_sound_english_text(path: Path) -> None:
    assert path.stat().st_size < 60_000
    found = text(path)
    assert ANALYSIS.language(found) == "en"
    assert ANALYSIS.quality(found, "en").flags == ()
    assert len(ANALYSIS.chunks(found)) > 1


def test_samples_share_entities_that_link_them() -> None:
    keys = {path.name: {e.key for e in ANALYSIS.entities(text(path), "en")} for path in FILES}
    report = keys["incident-report-2026-014.pdf"]
    assert {"inc-2026-014", "2026-03-14"} <= report & keys["boil-water-notice.html"]
    assert "brightwell instruments" in report & keys["supplier-agreement.docx"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (
            "records-retention-policy.pdf",
            "kept for twelve years after the end of the calendar year",
        ),
        ("incident-report-2026-014.pdf", "a fouled membrane in chlorine sensor CL-07"),
        ("supplier-agreement.docx", "Critical | Safety of the water"),
    ],
)
def test_the_answers_to_the_three_questions_stand_in_one_piece(name: str, answer: str) -> None:
    assert answer in text(SAMPLES / name)


def test_the_page_of_samples_lists_each_of_them() -> None:
    listed = re.findall(r"^\| `([^`]+)`", (SAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == [path.name for path in FILES]
