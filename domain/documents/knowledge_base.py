"""A knowledge base: documents that belong together and are searched together."""

import msgspec

from domain.documents.events import KnowledgeBaseCreated
from domain.event import Event, Invalid, NotFound, UnknownEvent
from domain.text import is_line, is_paragraph

NAME_LENGTH_MAX = 255
DESCRIPTION_LENGTH_MAX = 2000


class KnowledgeBaseNameInvalid(Invalid):
    """A knowledge base's name is one line of 1 to 255 characters and not blank."""


class KnowledgeBaseDescriptionInvalid(Invalid):
    """A knowledge base's description has at most 2000 printable characters."""


class KnowledgeBaseNotFound(NotFound):
    """There is no such knowledge base."""


class KnowledgeBase(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one knowledge base."""

    name: str
    description: str


def create(*, name: str, description: str = "") -> list[Event]:
    """Decide the creation of a knowledge base.

    Raises:
        KnowledgeBaseNameInvalid, KnowledgeBaseDescriptionInvalid: the named rule is broken.
    """
    if not is_line(name, length_max=NAME_LENGTH_MAX):
        raise KnowledgeBaseNameInvalid
    if not is_paragraph(description, length_max=DESCRIPTION_LENGTH_MAX):
        raise KnowledgeBaseDescriptionInvalid
    return [KnowledgeBaseCreated(name=name.strip(), description=description)]


def evolve(_state: KnowledgeBase | None, event: Event) -> KnowledgeBase:
    """Fold one event into the state."""
    match event:
        case KnowledgeBaseCreated():
            return KnowledgeBase(name=event.name, description=event.description)
        case _:
            raise UnknownEvent(event)
