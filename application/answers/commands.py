"""What can be asked of the documents."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from domain.answers.events import CitedPassage


class GiveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Record that `question` was answered by `answer` from `sources`."""

    question: str
    answer: str
    model: str
    index_position: int
    sources: Sequence[CitedPassage]
    knowledge_base_id: UUID | None = None
