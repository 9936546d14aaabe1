"""What in an event is about one person, so that it can be made unreadable for ever."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from domain.event import Event

Text = TypeVar("Text", str, str | None)

Personal = Annotated[Text, msgspec.Meta(extra={"personal": True})]
"""Marks a field of an event: `email: Personal[str]`. The log keeps it encrypted with the key of
the person whom the event's `PERSON` names."""

ERASED = "[erased]"
"""What a personal text reads as once its person is erased; None where the field allows it."""


class _Field(msgspec.Struct, frozen=True):
    name: str
    placeholder: str | None


@cache
def fields(event_type: "type[Event]") -> tuple[_Field, ...]:
    """The personal fields of a type, each with what it reads as when nobody can read it."""
    found: list[_Field] = []
    for field in msgspec.structs.fields(event_type):
        kind = inspect.type_info(field.type)
        if isinstance(kind, inspect.Metadata) and (kind.extra or {}).get("personal"):
            optional = inspect.type_info(str | None) == kind.type
            found.append(_Field(field.encode_name, None if optional else ERASED))
    return tuple(found)


def person_of(event_type: "type[Event]", stream_id: UUID, values: dict[str, Any]) -> UUID:
    """Whose the personal fields are, from the event's other values as JSON has them."""
    return stream_id if event_type.PERSON is None else UUID(values[event_type.PERSON])
