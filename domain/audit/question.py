"""What can be asked of a log."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from domain.audit.events import AuditRead
from domain.event import Event, Invalid

ACTOR_PATTERN = re.compile(r"[A-Za-z0-9:._-]{1,100}")
TYPE_PATTERN = re.compile(r"[A-Za-z0-9:._#-]{1,200}(\.\*)?")


class AuditQuestionInvalid(Invalid):
    """An actor or a type is given as it stands in the log; a type may end in .* instead."""


class AuditQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of a log; all of them where nothing is said.

    `acting` is the actor of an event. `event_type` may end in `.*`, for all that begin so. Times
    and positions belong to the range themselves.
    """

    acting: str | None = None
    event_type: str | None = None
    stream_id: UUID | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    position_from: int | None = None
    position_until: int | None = None
    oldest_first: bool = False


def check(question: AuditQuestion) -> None:
    """Refuse what no event can have.

    Raises:
        AuditQuestionInvalid: see its message.
    """
    acting, event_type = question.acting, question.event_type
    if acting is not None and not ACTOR_PATTERN.fullmatch(acting):
        raise AuditQuestionInvalid
    if event_type is not None and not TYPE_PATTERN.fullmatch(event_type):
        raise AuditQuestionInvalid


def ask(question: AuditQuestion, *, personal: bool) -> list[Event]:
    """Decide that the events asked for are read.

    Raises:
        AuditQuestionInvalid: see its message.
    """
    check(question)
    return [AuditRead(personal=personal, **msgspec.structs.asdict(question))]
