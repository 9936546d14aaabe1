"""What a search finds."""

from uuid import UUID

import msgspec


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a document that fits a question.

    `text` is `[start, end)` of the document's text, in code points. `score` is 0 or more, higher
    is better; it compares the passages of one search and nothing else.
    """

    document_id: UUID
    title: str
    chunk_id: UUID
    text: str
    start: int
    end: int
    score: float
