"""Events to the bytes in the log and back: JSON as msgspec writes it, readable by a person."""

from functools import cache
from typing import Any

import msgspec

from domain import catalogue
from domain.event import Event


class Undecodable(Exception):  # noqa: N818 - named for what happened
    """The bytes of an event of a known type do not fit any of its schemas."""


def encode(event: Event) -> bytes:
    """The exact bytes that the log keeps and its digests cover."""
    return msgspec.json.encode(event)


def decode(type_: str, schema: int, data: bytes) -> Event | None:
    """The event, brought to its newest schema; None for a type this release doesn't know.

    Raises:
        Undecodable: a known type, but the bytes don't fit.
    """
    event_type = catalogue.BY_TYPE.get(type_)
    if event_type is None or schema > event_type.SCHEMA:
        return None
    try:
        if schema == event_type.SCHEMA:
            return _decoder(event_type).decode(data)
        return msgspec.convert(_upcast(event_type, schema, data), event_type)
    except msgspec.MsgspecError as error:
        raise Undecodable(f"{type_} schema {schema}: {error}") from error


def _upcast(event_type: type[Event], schema: int, data: bytes) -> Any:
    state = msgspec.json.decode(data)
    for step in range(schema, event_type.SCHEMA):
        state = event_type.UPCASTERS[step](state)
    return state


@cache
def _decoder(event_type: type[Event]) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(event_type)
