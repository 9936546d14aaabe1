"""What a word is, in any script."""

import re

# Vowel signs and other marks that stand inside words but are no "word characters" to `re`:
# without them Hindi, Hebrew with points or Arabic with vowels would fall apart into letters.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u0e31\u0e34-\u0e4e\u0eb1-\u0ece\u1000-\u1049"
    "\u1050-\u109f\u1780-\u17d3\u200c\u200d"
)

WORD = re.compile(rf"\w[\w{_MARKS}]*")

NAME = re.compile(rf"[^\W\d_][\w{_MARKS}]*(?:['\u2019&-][^\W\d_][\w{_MARKS}]*)*")
"""A word that begins with a letter, with its apostrophes and hyphens."""

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
"""A character of a script written without spaces (Thai, Lao, Burmese, Khmer, Japanese, Chinese)."""


def count(text: str) -> int:
    """Words; two characters of a script without spaces count as one."""
    return len(lengths(text)) + len(UNSPACED.findall(text)) // 2


def lengths(text: str) -> list[int]:
    """Lengths of the words of scripts with spaces."""
    return [len(word) for word in WORD.findall(UNSPACED.sub(" ", text))]
