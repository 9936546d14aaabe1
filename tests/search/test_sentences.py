"""Sentences are spans of the text, whatever the text is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from application.documents import sentences

SCRAPS = st.sampled_from(
    [
        "Dr. Who ",
        "a.b ",
        ". ",
        "? ",
        "\n",
        "\n\n",
        "。",
        "؟ ",
        "word ",
        " ",
        '." ',
        "1.5 ",
        "x" * 700,
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One is here. Two is there! Three?", ["One is here.", "Two is there!", "Three?"]),
        ("Dr. Smith met J. Doe. They left.", ["Dr. Smith met J. Doe.", "They left."]),
        ("It is z.B. 3.5 m long. Yes.", ["It is z.B. 3.5 m long.", "Yes."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("これは本です。あれは\uff1f", ["これは本です。", "あれは\uff1f"]),
        ("Heading\nBody of it.", ["Heading", "Body of it."]),
        ("One paragraph\n\nand another", ["One paragraph", "and another"]),
        (
            "A line that was wrapped at the margin of its page in\nParis goes on.",
            ["A line that was wrapped at the margin of its page in\nParis goes on."],
        ),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in sentences.spans(text)] == expected


@example("0" * 598 + "  0")
@given(st.one_of(st.text(), st.lists(SCRAPS).map("".join)))
def test_sentences_are_in_order_and_hold_all_but_blanks(text: str) -> None:
    spans = sentences.spans(text)
    ends = [0, *(span.end for span in spans)]
    gaps = [text[end : span.start] for end, span in zip(ends, spans, strict=False)]
    assert "".join([*gaps, text[ends[-1] :]]).strip() == ""
    assert all(end <= span.start < span.end for end, span in zip(ends, spans, strict=False))
    assert all(text[span.start : span.end].strip() == text[span.start : span.end] for span in spans)
    assert all(span.end - span.start <= sentences.LENGTH_MAX for span in spans)
