"""What of a stored event is personal, and who gets to see it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from domain import catalogue
from domain import personal as marked
from infrastructure.audit.exported import LogRow
from infrastructure.event_log import codec
from infrastructure.event_log.codec import Place
from infrastructure.vault.vault import NO_KEYS, Keys

WITHHELD: Final = "[withheld]"
"""What a personal field reads as for whoever may not see it."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    event_type.TYPE: tuple(field.name for field in marked.fields(event_type))
    for event_type in catalogue.PERSONAL
}

_NEVER: Final = frozenset({"password_hash"})
"""What nobody needs to see, whatever their rights."""


def is_personal(row: LogRow) -> bool:
    """Whether anything in the event is personal."""
    return row.type.decode() in _NAMES


def stands_in_clear(row: LogRow) -> bool:
    """Whether the stored bytes of an event tell something personal to whoever reads them."""
    names = _NAMES.get(row.type.decode(), ())
    if not names:
        return False
    values = _object(row.data)
    return values is None or not values.keys().isdisjoint(names)


class PersonalFields:
    """Opens what is personal in the events of one tenant, as far as `keys` do, or covers it."""

    def __init__(self, tenant_id: UUID, keys: Keys = NO_KEYS) -> None:
        self._tenant_id = tenant_id
        self._keys = keys

    def clear(self, row: LogRow) -> bytes | None:
        """What is personal in an event, in clear: a JSON object; None where nothing is."""
        place = Place(self._tenant_id, UUID(row.stream_id.decode()), row.version)
        opened = self._opened(row.type.decode(), row.schema, row.data, place)
        if opened is None:
            return None
        return msgspec.json.encode(
            {name: value for name, value in opened.items() if name not in _NEVER},
            order="deterministic",
        )

    def shown(
        self, type_: str, schema: int, data: bytes, *, at: tuple[UUID, int], personal: bool
    ) -> Any:
        """The data of the event at a stream and version, covered where it is not for the reader."""
        names = _NAMES.get(type_, ())
        try:
            values = msgspec.json.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return WITHHELD if names else data.decode("utf-8", errors="backslashreplace")
        if not names or not isinstance(values, dict):
            return values
        opened = self._opened(type_, schema, data, Place(self._tenant_id, *at)) if personal else {}
        if opened is None:
            return WITHHELD
        values.pop(codec.BOX_FIELD, None)
        covered = dict.fromkeys(names, WITHHELD)
        return {**values, **covered, **{n: v for n, v in opened.items() if n not in _NEVER}}

    def _opened(self, type_: str, schema: int, data: bytes, place: Place) -> dict[str, Any] | None:
        """The personal fields, as erased where there is no key; None where they make no sense."""
        try:
            event = codec.decode(type_, schema, data, place, self._keys)
        except codec.Undecodable:
            return None
        if event is None or type_ not in _NAMES:
            return None
        values = msgspec.to_builtins(event)
        return {name: values[name] for name in _NAMES[type_]}


def _object(data: bytes) -> dict[str, Any] | None:
    """None where it is no object, so that nobody can tell what it holds."""
    try:
        values = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
