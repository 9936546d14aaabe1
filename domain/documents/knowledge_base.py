"""A knowledge base: documents that belong together and are searched together."""

import msgspec

from domain.documents.events import KnowledgeBaseCreated
from domain.event import Event, Invalid, NotFound, UnknownEvent

NAME_LENGTH_MAX = 255
DESCRIPTION_LENGTH_MAX = 2000


class KnowledgeBaseNameInvalid(Invalid):
    """A knowledge base's name has 1 to 255 characters and is not blank."""


class KnowledgeBaseDescriptionInvalid(Invalid):
    """A knowledge base's description has at most 2000 characters."""


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
    if not name.strip() or len(name) > NAME_LENGTH_MAX:
        raise KnowledgeBaseNameInvalid
    if len(description) > DESCRIPTION_LENGTH_MAX:
        raise KnowledgeBaseDescriptionInvalid
    return [KnowledgeBaseCreated(name=name.strip(), description=description)]


def evolve(_state: KnowledgeBase | None, event: Event) -> KnowledgeBase:
    """Fold one event into the state."""
    match event:
        case KnowledgeBaseCreated():
            return KnowledgeBase(name=event.name, description=event.description)
        case _:
            raise UnknownEvent(event)
