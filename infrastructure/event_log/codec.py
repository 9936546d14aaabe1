"""Events to the bytes in the log and back: JSON as msgspec writes it, readable by a person.

What is personal in an event stands in none of its fields but in `personal`, a box that only the key
of the person opens. Where that key is gone it reads as erased; where there was none when the event
was recorded, there is no box.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain import catalogue, personal
from domain.event import Event
from infrastructure.vault import box
from infrastructure.vault.vault import NO_KEYS, Keys

BOX_FIELD = "personal"


class Undecodable(Exception):  # noqa: N818 - named for what happened
    """The bytes of an event of a known type do not fit any of its schemas."""


class Unprotected(Exception):  # noqa: N818 - named for what is the matter
    """An event with something personal in it was to be written in plain."""


class Place(NamedTuple):
    """Where an event stands, or is to stand."""

    tenant_id: UUID
    stream_id: UUID
    version: int


class Enclosed(Event, frozen=True):
    """An event as its bytes, with what is personal in a box: ready to be appended."""

    TYPE: str  # type: ignore[misc] # of the event inside, not of a class
    SCHEMA: int  # type: ignore[misc] # as above
    data: bytes


def is_personal(event: Event) -> bool:
    """Whether it has to be enclosed before it is encoded."""
    return type(event) in catalogue.PERSONAL


def encode(event: Event) -> bytes:
    """The exact bytes that the log keeps and its digests cover.

    Raises:
        Unprotected: something in it is personal; see `enclose`.
    """
    if isinstance(event, Enclosed):
        return event.data
    if is_personal(event):
        raise Unprotected(event.TYPE)
    return msgspec.json.encode(event)


def person(event: Event, stream_id: UUID) -> UUID:
    """Whose the personal fields of an event are."""
    return personal.person_of(type(event), stream_id, msgspec.to_builtins(event))


def enclose(event: Event, place: Place, keys: Keys) -> Enclosed:
    """An event for its place in the log, with what is personal encrypted.

    Of a person who has no key, being erased, nothing personal is kept.
    """
    values = msgspec.to_builtins(event)
    person_id = personal.person_of(type(event), place.stream_id, values)
    content = {field.name: values.pop(field.name) for field in personal.fields(type(event))}
    if person_id in keys:
        at = box.Place(*place, event.TYPE, event.SCHEMA, person_id)
        octets = msgspec.json.encode(content)
        values[BOX_FIELD] = box.encrypt(keys[person_id], octets, at)
    return Enclosed(TYPE=event.TYPE, SCHEMA=event.SCHEMA, data=msgspec.json.encode(values))


def persons(events: Iterable[tuple[str, UUID, bytes]]) -> set[UUID]:
    """Whose keys it takes to read these events, each `(type, stream, data)`.

    Bytes that make no sense need no key: `decode` will refuse them.
    """
    found = set()
    for type_, stream_id, data in events:
        event_type = catalogue.BY_TYPE.get(type_)
        if event_type in catalogue.PERSONAL:
            try:
                values = msgspec.json.decode(data)
                if BOX_FIELD in values:
                    found.add(personal.person_of(event_type, stream_id, values))
            except (msgspec.MsgspecError, ValueError, LookupError, TypeError, AttributeError):
                continue
    return found


def decode(
    type_: str, schema: int, data: bytes, place: Place | None = None, keys: Keys = NO_KEYS
) -> Event | None:
    """The event, brought to its newest schema; None for a type this release doesn't know.

    What is personal reads as erased where `keys` don't hold the key of the person.

    Raises:
        Undecodable: a known type, but the bytes don't fit, or a box was not made for this place.
    """
    event_type = catalogue.BY_TYPE.get(type_)
    if event_type is None or schema > event_type.SCHEMA:
        return None
    try:
        if event_type in catalogue.PERSONAL:
            values = _opened(event_type, schema, msgspec.json.decode(data), place, keys)
            return msgspec.convert(_upcast(event_type, schema, values), event_type)
        if schema == event_type.SCHEMA:
            return _decoder(event_type).decode(data)
        values = msgspec.json.decode(data)
        return msgspec.convert(_upcast(event_type, schema, values), event_type)
    except (msgspec.MsgspecError, ValueError, RecursionError, box.BoxRefused) as error:
        raise Undecodable(f"{type_} schema {schema}: {error}") from error


def _opened(
    event_type: type[Event], schema: int, values: Any, place: Place | None, keys: Keys
) -> dict[str, Any]:
    """The values with the content of the box among them, or with what stands for it."""
    if not isinstance(values, dict):
        raise box.BoxRefused("it is no object")
    enclosed = values.pop(BOX_FIELD, None)
    if not isinstance(enclosed, str | None):
        raise box.BoxRefused("it is no text")
    if enclosed is not None and place is not None:
        try:
            person_id = personal.person_of(event_type, place.stream_id, values)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise box.BoxRefused("it is nobody's") from error
        if person_id in keys:
            at = box.Place(*place, event_type.TYPE, schema, person_id)
            content = msgspec.json.decode(box.decrypt(keys[person_id], enclosed, at))
            return {**values, **content}
    unreadable = {field.name: field.placeholder for field in personal.fields(event_type)}
    return {**unreadable, **values}


def _upcast(event_type: type[Event], schema: int, values: Any) -> Any:
    for step in range(schema, event_type.SCHEMA):
        upcaster: Callable[[Any], Any] = event_type.UPCASTERS[step]
        values = upcaster(values)
    return values


@cache
def _decoder(event_type: type[Event]) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(event_type)
