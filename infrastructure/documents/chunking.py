"""Cutting a text into overlapping passages whose places in the text are exact."""

import re
import unicodedata
from collections.abc import Iterator

from semantic_text_splitter import TextSplitter

from application.documents.analysis import Span

SIZE_CHARACTERS = 1_000
OVERLAP_CHARACTERS = 150

_SECTION_CHARACTERS = 20_000
"""The splitter takes quadratic time where a text has no line or sentence ends (1 MB on one line:
12 s; in sections of this size: 0.3 s), so it never sees more at once."""

_SECTION_ENDS = tuple(map(re.compile, (r"\n\n+", r"\n", r"[.!?。！？]\s*", r"\s+")))  # noqa: RUF001 - full-width stops
_JOINERS = frozenset("\u200c\u200d")


class Chunker:
    """Cuts at paragraphs, else lines, else sentences, else words, else characters."""

    def __init__(
        self,
        size_characters: int = SIZE_CHARACTERS,
        overlap_characters: int = OVERLAP_CHARACTERS,
    ) -> None:
        """`size_characters` is the most a passage has; neighbours share up to the overlap.

        The overlap is made of whole sentences or words, so it may be less than asked for. Across
        the borders of 20,000-character sections there is none.
        """
        self._splitter = TextSplitter(size_characters, overlap=overlap_characters)

    def chunks(self, text: str) -> list[Span]:
        """Spans in code points, in order, none empty; together they hold all but blanks."""
        return [
            Span(start=offset + start, end=offset + start + len(chunk))
            for offset, section in _sections(text)
            for start, chunk in self._splitter.chunk_indices(section)
            if chunk.strip()  # the splitter counts four old separators (U+001C…) as words
        ]


def _sections(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(text):
        end = _section_end(text, start)
        yield start, text[start:end]
        start = end


def _section_end(text: str, start: int) -> int:
    limit = start + _SECTION_CHARACTERS
    if limit >= len(text):
        return len(text)
    earliest = start + _SECTION_CHARACTERS // 2
    for pattern in _SECTION_ENDS:
        found = None
        for found in pattern.finditer(text, earliest, limit):  # noqa: B007 - the last one
            pass
        if found is not None:
            return found.end()
    return _between_characters(text, limit, earliest)


def _between_characters(text: str, limit: int, earliest: int) -> int:
    """A place at or before `limit` where no visible character is cut in two, if there is one."""
    for end in range(limit, earliest, -1):
        joined = unicodedata.combining(text[end]) or text[end] in _JOINERS
        if not joined and text[end - 1] not in _JOINERS:
            return end
    return limit
