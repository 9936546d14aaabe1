"""Language, quality and keywords say what a reader would, and hold for any text."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.documents import keywords, quality
from infrastructure.documents.analysis import StatisticalAnalysis
from tests.documents.texts import PROSE, any_text

ANALYSIS = StatisticalAnalysis()


@settings(max_examples=100, deadline=None)
@given(text=any_text(), language=st.sampled_from([None, "en", "de", "zh", "xx"]))
def test_findings_about_any_text_keep_their_bounds(text: str, language: str | None) -> None:
    found = ANALYSIS.quality(text, language)
    assert 0 <= found.score <= 1
    assert set(found.flags) <= set(quality.FACTORS)
    words = ANALYSIS.keywords(text, language)
    assert len(words) == len(set(words)) <= keywords.KEYWORDS_MAX
    assert all(word.strip() == word != "" for word in words)
    named = ANALYSIS.entities(text, language)
    assert len(named) == len({(entity.kind, entity.key) for entity in named}) <= 50
    assert all(entity.mentions >= 1 and entity.key and entity.name for entity in named)
    assert ANALYSIS.language(text) is None or len(ANALYSIS.language(text) or "") == 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The minutes of the last meeting were approved.", "en"),
        ("Die Niederschrift der letzten Sitzung wurde genehmigt.", "de"),
        ("تمت الموافقة على محضر الاجتماع الأخير", "ar"),
        ("Biên bản cuộc họp trước đã được thông qua.", "vi"),
        ("上次会议的记录已获批准。", "zh"),
        ("前回の会議の議事録が承認されました。", "ja"),
        ("hello", None),
        ("これは", None),
        ("xqzt wvkp jhgf bdqw zzkx pqrt", None),
        ("12345 67890 12345 67890", None),
        ("", None),
        ("A b c d e f g h", None),
    ],
)
def test_a_language_is_told_or_left_open(text: str, language: str | None) -> None:
    assert ANALYSIS.language(text) == language


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (PROSE * 1, ()),
        ("A short note.", ("too_short",)),
        (PROSE.replace("e", "\ufffd"), ("garbled",)),
        (PROSE.replace(" ", ""), ("garbled", "too_short")),
        (" ".join(PROSE), ("garbled",)),
        ("Prüfungsgröße für Übungsgeräte. ".encode().decode("latin-1") * 20, ("garbled",)),
        (PROSE * 40, ("repetitive",)),
        (PROSE + "Lorem ipsum dolor sit amet.", ("boilerplate",)),
        ("Accept all cookies\nPrivacy policy\nAll rights reserved\n" * 9, ("boilerplate",)),
        ("12 | 34 | 56 | 7.5 | 8 | 9 | total\n" + PROSE[:300] + "1 2 3 4 5 6 " * 9, ("symbols",)),
        ("\n".join(f"• {word} and {word}ing" for word in PROSE.split()), ("fragments",)),
    ],
)
def test_quality_names_what_lowers_it(text: str, flags: Sequence[str]) -> None:
    found = ANALYSIS.quality(text, "en")
    wanted = ("mostly_symbols",) if flags == ("symbols",) else tuple(flags)
    assert set(wanted) <= set(found.flags)
    assert (found.score == 1.0) == (not found.flags)
    assert wanted or not found.flags


def test_a_text_in_no_known_language_says_so() -> None:
    assert "language_unknown" in ANALYSIS.quality(PROSE, None).flags


def test_sound_texts_of_other_scripts_are_not_called_garbled() -> None:
    for text in (
        "अभिलेख नीति के अनुसार सभी अभिलेख सात वर्ष तक रखे जाते हैं और फिर नष्ट किए जाते हैं। " * 4,
        "水质记录由档案管理员负责保存,档案管理员每年检查水质记录。" * 4,
        "حَكَمَ الإمبراطورُ لِمُدَّةِ عامَيْنِ فَقَط ثُمَّ خَلَفَهُ أَخوهُ في الحُكمِ وَالمُلكِ " * 4,
    ):
        assert "garbled" not in ANALYSIS.quality(text, "xx").flags


def test_keywords_are_what_a_text_is_about() -> None:
    text = (
        "A legal hold stops destruction. The Records Officer places a legal hold when a claim is "
        "open. Each legal hold is reviewed every six months by the Records Officer."
    )
    found = ANALYSIS.keywords(text, "en")
    assert found[:2] == ("legal hold", "Records Officer")
    assert not {"the", "when", "every"} & set(found)


def test_a_word_counts_less_for_what_it_has_only_inside_a_phrase() -> None:
    text = "annual report, annual report, report, report, report, end"
    assert ANALYSIS.keywords(text, "en")[0] == "annual report"


def test_keywords_come_without_a_list_of_function_words_too() -> None:
    welsh = "Cadw cofnodion ansawdd dŵr. Mae cofnodion ansawdd dŵr yn cael eu cadw am ddegawd. " * 2
    assert any("cofnodion" in word for word in ANALYSIS.keywords(welsh, "cy"))
    chinese = "水质记录由档案管理员负责保存。档案管理员每年检查水质记录。"
    assert {"水质记录", "档案管理员"} <= set(ANALYSIS.keywords(chinese, "zh"))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 150_000,
        "word " * 30_000,
        "a" + "\u0301" * 150_000,
        "👩\u200d" * 50_000,
        "A. " * 50_000,
        "1,234" * 30_000,
        "€1 000" * 25_000,
        "a@a." * 40_000,
        "(" * 150_000,
        "\n" * 150_000,
        " ".join(f"W{number} x" for number in range(15_000)),
        "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(60_000)),
    ],
    ids=lambda text: text[:8].strip(),
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    ANALYSIS.chunks(text)
    language = ANALYSIS.language(text)
    ANALYSIS.quality(text, language)
    ANALYSIS.keywords(text, language)
    ANALYSIS.entities(text, language)
    assert time.process_time() - started < 6


def test_the_words_of_xquad_are_found_by_language() -> None:
    place = Path(__file__).parents[3] / "shared" / "data" / "xquad"
    if not place.is_dir():
        pytest.skip("the XQuAD collection is not beside the project")
    for language in ("en", "de", "ar", "vi"):
        articles = json.loads((place / f"xquad.{language}.json").read_text())["data"]
        texts = [part["context"] for article in articles for part in article["paragraphs"]]
        told = [ANALYSIS.language(text) for text in texts]
        assert told.count(language) >= 0.99 * len(texts)
