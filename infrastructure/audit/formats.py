"""The formats of exports, by their names."""

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from infrastructure.audit.jsonl import JsonLines
from infrastructure.audit.writer import Writer


class Kind(NamedTuple):
    """What a file of a format is called."""

    media_type: str
    suffix: str


KINDS: Final[dict[str, Kind]] = {
    "jsonl": Kind("application/x-ndjson", "jsonl"),
}


_WRITERS: Final[dict[str, Callable[[UUID], Writer]]] = {
    "jsonl": JsonLines,
}


def writer(format_: str, tenant_id: UUID) -> Writer:
    """A new file of a format."""
    return _WRITERS[format_](tenant_id)
