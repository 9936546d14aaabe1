"""What of a stored event is personal, and who gets to see it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from infrastructure.audit.pages import LogRow

WITHHELD: Final = "[withheld]"
"""What a personal field reads as for whoever may not see it."""

_PLAIN: Final[Mapping[str, frozenset[str]]] = {
    "login.registered": frozenset({"email", "password_hash", "display_name"}),
    "session.started": frozenset({"address"}),
}
"""Fields of events that stand in the log in clear."""

_NEVER: Final = frozenset({"password_hash"})
"""What nobody needs to see, whatever their rights."""


def stands_in_clear(row: LogRow) -> bool:
    """Whether the stored bytes of an event tell something personal to whoever reads them."""
    return row.type.decode() in _PLAIN


class PersonalFields:
    """Opens what is personal in the events of one tenant, or covers it."""

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id

    def clear(self, row: LogRow) -> bytes | None:
        """What is personal in an event, in clear: a JSON object; None where nothing is."""
        names = _PLAIN.get(row.type.decode())
        if names is None:
            return None
        values = _object(row.data)
        return msgspec.json.encode(
            {name: values.get(name) for name in sorted(names - _NEVER)}, order="deterministic"
        )

    def shown(self, type_: str, data: bytes, *, personal: bool) -> Any:
        """The data of an event for a reader: decoded, and covered where it is not for them."""
        names = _PLAIN.get(type_, frozenset())
        try:
            values = msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError):
            return WITHHELD if names else data.decode("utf-8", errors="backslashreplace")
        if not names or not isinstance(values, dict):
            return values
        covered = names & _NEVER if personal else names
        return {
            name: WITHHELD if name in covered and value is not None else value
            for name, value in values.items()
        }


def _object(data: bytes) -> dict[str, Any]:
    try:
        values = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
