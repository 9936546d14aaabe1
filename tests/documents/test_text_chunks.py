"""Passages have exact places and leave no word out."""

import itertools
import time
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from application.documents.analysis import Span
from infrastructure.documents.analysis import StatisticalAnalysis
from infrastructure.documents.chunking import Chunker
from tests.documents.texts import PROSE, any_text

ANALYSIS = StatisticalAnalysis()


def check_spans(text: str, spans: Sequence[Span], size: int) -> None:
    covered = [False] * len(text)
    before = Span(start=-1, end=-1)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert span.end - span.start <= size
        assert text[span.start : span.end].strip()
        assert before.start < span.start
        assert before.end < span.end
        covered[span.start : span.end] = [True] * (span.end - span.start)
        before = span
    left_out = [place for place, is_in in enumerate(covered) if not is_in]
    assert not "".join(text[place] for place in left_out).strip()


@settings(max_examples=150, deadline=None)
@given(text=any_text(), size=st.integers(20, 400), share=st.floats(0, 0.5))
def test_passages_are_in_order_in_range_and_cover_every_word(
    text: str, size: int, share: float
) -> None:
    check_spans(text, Chunker(size, int(size * share)).chunks(text), size)


@settings(max_examples=10, deadline=None)
@given(text=any_text().filter(lambda text: len(text) > 20), times=st.integers(50, 400))
def test_passages_of_long_texts_cover_every_word(text: str, times: int) -> None:
    long = (text * times)[:120_000]
    check_spans(long, ANALYSIS.chunks(long), 1_000)


def test_offsets_count_characters_and_not_bytes() -> None:
    text = "Größe: 会议 😀. " * 100
    for span in ANALYSIS.chunks(text):
        assert text[span.start : span.end].startswith(("Größe", "会议", "😀"))


def test_neighbouring_passages_overlap_by_whole_sentences() -> None:
    spans = Chunker(300, 120).chunks(PROSE * 3)
    assert len(spans) > 4
    assert any(after.start < before.end for before, after in itertools.pairwise(spans))


def test_a_text_that_fits_is_one_passage_and_an_empty_one_none() -> None:
    assert ANALYSIS.chunks("One.") == [Span(start=0, end=4)]
    assert ANALYSIS.chunks(" \n ") == []
    assert ANALYSIS.chunks("\x1c\x1f") == []


def test_a_megabyte_without_line_or_sentence_ends_is_cut_in_no_time() -> None:
    for text in ("a" * 1_000_000, "word " * 200_000, "a" + "\u0301" * 1_000_000):
        started = time.process_time()
        check_spans(text, ANALYSIS.chunks(text), 1_000)
        assert time.process_time() - started < 4
