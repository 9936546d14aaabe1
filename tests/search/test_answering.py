"""Answers are citations: every word of them stands where its source says."""

import itertools
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.documents import answering
from application.documents.passages import Passage

DOCUMENT = UUID("0d0c0000-0000-4000-8000-000000000001")

POLICY = (
    "This policy applies to all staff. Invoices are kept for ten years after the end of the "
    "financial year. Letters are kept for six years. Applications are destroyed after six months."
)


def passage(
    text: str, start: int = 0, end: int | None = None, *, score: float = 1.0, number: int = 0
) -> Passage:
    end = len(text) if end is None else end
    return Passage(
        document_id=DOCUMENT,
        title="Retention",
        chunk_id=uuid5(DOCUMENT, str(number)),
        text=text[start:end],
        start=start,
        end=end,
        score=score,
    )


def test_the_sentence_that_fits_the_question_comes_first() -> None:
    found = answering.answer("How long are invoices kept?", [passage(POLICY)])
    cited = found.sources[0]
    assert cited.text.startswith("Invoices are kept for ten years")
    assert POLICY[cited.start : cited.end] == cited.text
    assert found.answer.startswith(cited.text)


def test_offsets_count_code_points_from_the_beginning_of_the_document() -> None:
    text = "😀 Ünnötig. " + POLICY
    begin = text.index("This policy")
    found = answering.answer("How long are invoices kept?", [passage(text, begin)])
    assert text[found.sources[0].start : found.sources[0].end] == found.sources[0].text


def test_a_sentence_in_the_overlap_of_two_passages_is_cited_once() -> None:
    border = POLICY.index("Letters")
    found = answering.answer(
        "How long are invoices and letters kept?",
        [passage(POLICY, 0, border + 20, score=0.9), passage(POLICY, 34, score=1.0, number=1)],
    )
    spans = sorted((source.start, source.end) for source in found.sources)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


@pytest.mark.parametrize(
    "question",
    ["Who won the world cup in football?", "؟؟؟", "", "Wie hoch ist der Mount Everest?"],
)
def test_nothing_is_cited_where_nothing_fits(question: str) -> None:
    found = answering.answer(question, [passage(POLICY)])
    assert found == answering.Answer(answer=answering.NOT_FOUND, sources=[])


def test_nothing_is_cited_from_no_passages() -> None:
    assert answering.answer("How long are invoices kept?", []).sources == []


def test_a_single_sentence_is_enough() -> None:
    found = answering.answer("What is the refund period?", [passage("Refunds take 30 days.")])
    assert [source.text for source in found.sources] == ["Refunds take 30 days."]


def test_an_arabic_question_finds_its_sentence() -> None:
    text = "تأسست الشركة في الجزائر. تحفظ الفواتير لمدة عشر سنوات. يعمل المكتب صباحا."
    found = answering.answer("كم سنة تحفظ الفواتير؟", [passage(text)])
    assert found.sources[0].text == "تحفظ الفواتير لمدة عشر سنوات."


SENTENCES = st.lists(
    st.lists(
        st.sampled_from(["red", "blue", "stone", "river", "12", "الماء", "東京", "of", "the"]),
        min_size=1,
    ).map(lambda words: " ".join(words).capitalize() + ". "),
    min_size=1,
).map("".join)


@given(
    text=SENTENCES,
    question=SENTENCES,
    cuts=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=7),
    scores=st.lists(st.floats(0, 5), min_size=7, max_size=7),
)
def test_every_citation_is_the_text_at_its_span(
    text: str, question: str, cuts: list[tuple[int, int]], scores: list[float]
) -> None:
    passages = [
        passage(text, min(cut), min(max(cut), len(text)), score=score, number=number)
        for number, (cut, score) in enumerate(zip(cuts, scores, strict=False))
    ]
    found = answering.answer(question, passages)
    assert len(found.sources) <= answering.SENTENCES_MAX
    for source in found.sources:
        assert text[source.start : source.end] == source.text != ""
        assert source.passage.start <= source.start < source.end <= source.passage.end
    assert found == answering.answer(question, passages)
