"""An answer: given once, with a receipt that names what it rests on."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from domain.answers.events import AnswerGiven, CitedPassage
from domain.event import Event, Invalid
from domain.text import is_paragraph

QUESTION_LENGTH_MAX = 2000


class QuestionInvalid(Invalid):
    """A question has 1 to 2000 printable characters."""


def check_question(question: str) -> None:
    """Refuse what can't be asked.

    Raises:
        QuestionInvalid: see its message.
    """
    if not question.strip() or not is_paragraph(question, length_max=QUESTION_LENGTH_MAX):
        raise QuestionInvalid


def give(
    *,
    question: str,
    answer: str,
    model: str,
    index_position: int,
    sources: Sequence[CitedPassage],
    knowledge_base_id: UUID | None,
) -> list[Event]:
    """Decide the receipt of an answer."""
    return [
        AnswerGiven(
            question_sha256=sha256(question),
            answer_sha256=sha256(answer),
            model=model,
            index_position=index_position,
            sources=tuple(sources),
            knowledge_base_id=knowledge_base_id,
        )
    ]


def sha256(text: str) -> str:
    """Lower-case hex over the UTF-8 form."""
    return hashlib.sha256(text.encode()).hexdigest()
