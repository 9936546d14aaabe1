"""Where the sentences of a text begin and end."""

# ruff: noqa: SIM905 - a list of words reads better as words

import re
from collections.abc import Iterator

from application.documents.analysis import Span

LENGTH_MAX = 600
"""Text without sentence ends (tables, lists of codes) is cut at spaces to this many characters."""

_LINE_MAX = 50
"""A longer line that ends without a sentence end is wrapped, not a heading or an item."""

_END = re.compile(
    r"[.!?…\u061f\u06d4\u0964\u0965]+[\"'\u2019\u201d\u00bb)\]]*(?=\s)"  # before a blank
    r"|[\u3002\uff01\uff1f\uff61]+[\u300d\u300f\u201d\uff09]*"  # Chinese, Japanese: anywhere
    r"|\n\s*"
)
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_ABBREVIATIONS = frozenset(
    "al approx art bzw ca capt cf co col corp dept dr ed eds etc ev evtl fig gen ggf gov hr hrsg "
    "inc jan jh jr lt ltd max min mr mrs ms mt nr op prof rev sen sgt sog sr st str tel u usw v "
    "vgl vol vs zb".split()
)


def spans(text: str) -> list[Span]:
    """The sentences in order, without the blanks around them. None is empty."""
    return [
        piece
        for start, end in _sections(text)
        for piece in _pieces(text, start, end)
        if piece.start < piece.end
    ]


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    words = text[start:end]
    first = start + len(words) - len(words.lstrip())
    last = end - len(words) + len(words.rstrip())
    while last - first > LENGTH_MAX:
        blank = text.rfind(" ", first + 1, first + LENGTH_MAX)
        cut = blank if blank > 0 else first + LENGTH_MAX
        yield Span(start=first, end=first + len(text[first:cut].rstrip()))
        first = cut + len(text[cut:last]) - len(text[cut:last].lstrip())
    yield Span(start=first, end=last)


def _sections(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        if _ends_sentence(text, start, match):
            yield start, match.end()
            start = match.end()
    yield start, len(text)


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    following = text[match.end() :].lstrip()[:1] if mark == "." else text[match.end() :][:1]
    if mark.startswith("\n"):
        line = match.start() - max(start, text.rfind("\n", 0, match.start()) + 1)
        return "\n" in mark[1:] or (line <= _LINE_MAX and not following.islower())
    if mark == ".":
        word = _LAST_WORD.search(text, max(start, match.start() - 8), match.start())
        abbreviated = word is not None and (
            len(word.group()) == 1 or word.group().lower() in _ABBREVIATIONS
        )
        return not abbreviated and not following.islower()
    return True
