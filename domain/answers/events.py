"""Facts about answers given from documents."""

from typing import ClassVar
from uuid import UUID

import msgspec

from domain.event import Event


class CitedPassage(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer rests on: `[start, end)` in code points of the document's text.

    `passage_sha256` is that of the passage shown, so that a later look can tell whether the
    document still says so.
    """

    document_id: UUID
    chunk_id: UUID
    start: int
    end: int
    score: float
    passage_sha256: str


class AnswerGiven(Event, frozen=True):
    """A question was answered; neither question nor answer is kept, but both can be proved.

    `index_position` is the position of the log that the answer is as of: a search as of it finds
    the same passages again.
    """

    TYPE: ClassVar[str] = "answer.given"

    question_sha256: str
    answer_sha256: str
    model: str
    index_position: int
    sources: tuple[CitedPassage, ...] = ()
    knowledge_base_id: UUID | None = None
