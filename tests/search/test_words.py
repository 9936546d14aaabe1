"""Words are cut and folded alike wherever they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.documents import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World_wide 3.14!", ["hello", "world", "wide", "3", "14"]),
        ("don't", ["don", "t"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("cafe\u0301 caf\u00e9", ["café", "café"]),
        ("İstanbul istanbul", ["istanbul", "istanbul"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("猫", ["猫"]),
        ("ABC日本語", ["abc", "日本", "本語"]),
        ("?!… \u200b -- ''", []),
        ("\ud800", []),
        ("", []),
    ],
)
def test_words_are_folded_and_cut(text: str, expected: list[str]) -> None:
    assert words.of(text) == expected


def test_arabic_points_and_stretches_make_no_difference() -> None:
    pointed = (
        "ال\u0643\u0650\u062a\u064e\u0627\u0628\u064f \u0645\u0640\u0640\u062f\u0631\u0633\u0629"
    )
    assert words.of(pointed) == words.of("الكتاب مدرسة")


def test_an_arabic_word_is_found_behind_and_the() -> None:
    assert words.of("والمدرسة") == words.of("المدرسة")


@given(st.text())
def test_a_word_is_never_empty_and_holds_no_blank(text: str) -> None:
    assert all(word and not any(map(str.isspace, word)) for word in words.of(text))


@given(st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöü", min_size=1)))
def test_words_between_blanks_are_the_words(parts: list[str]) -> None:
    assert words.of(" ".join(parts)) == parts
