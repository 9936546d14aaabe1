"""Exports in the Common Event Format of ArcSight (CEF:0): a line for each event, for a SIEM.

What an event is about, not all that it holds: the position finds it in the log. The manifest is
the last line.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from infrastructure.audit.exported import Exported, unix_milliseconds
from infrastructure.audit.manifest import VERSION, Manifest, encoder
from infrastructure.audit.writer import Lines

BEGINS: Final = b"CEF:0|Muniment|"
MANIFEST_ID: Final = "audit.manifest"
_MANIFEST_KEY: Final = b" cs6="
_USER: Final = "user:"
_HEADER: Final = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": " ", "\r": " "})
_VALUE: Final = str.maketrans({"\\": "\\\\", "=": "\\=", "\n": "\\n", "\r": "\\r"})
_ESCAPED: Final = re.compile(rb"\\(.)")
"""Of the manifest: JSON on one line, so that no escaped line break stands in it."""
_SEVERITIES: Final = {"login": 5, "session": 3, "audit": 4}
"""Of 0 to 10, by what the type begins with; 2 for all others."""


class Cef(Lines):
    """Writes the log of one tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__()
        self._tenant_id = str(tenant_id)

    def lines(self, events: Sequence[Exported]) -> bytes:
        """A line for each event."""
        return "".join([self._line(event) for event in events]).encode()

    def trailer(self, manifest: Manifest) -> bytes:
        """The manifest as JSON in the custom string 6."""
        return trailer(manifest)

    def _line(self, event: Exported) -> str:
        row = event.row
        about = _about(row.type.decode())
        return (
            f"CEF:0|{about.header}|rt={unix_milliseconds(row.recorded_at)} "
            f"deviceExternalId={self._tenant_id} externalId={row.event_id.decode()} "
            f"{about.extension} {_actor(row.actor.decode())} "
            f"cn1Label=position cn1={row.position} cn2Label=version cn2={row.version} "
            f"cn3Label=schema cn3={row.schema} cs1Label=stream cs1={row.stream_id.decode()} "
            f"cs2Label=correlation cs2={row.correlation_id.decode()} "
            f"cs3Label=command cs3={row.command_id.decode()} "
            f"cs4Label=digest before cs4={event.digest_before.decode()} "
            f"cs5Label=digest cs5={row.digest.decode()}\n"
        )


def trailer(manifest: Manifest) -> bytes:
    """The last line; the manifest is its last extension."""
    header = _header(MANIFEST_ID, "manifest of an export", 4, version=manifest.version)
    told = encoder.encode(manifest).decode().translate(_VALUE)
    line = f"CEF:0|{header}|deviceExternalId={manifest.tenant_id} cs6Label=manifest cs6={told}\n"
    return line.encode()


def manifest_of(line: bytes) -> bytes | None:
    """The manifest in a line; None if there is none."""
    begin, found, value = line.removesuffix(b"\n").partition(_MANIFEST_KEY)
    if not found or f"|{MANIFEST_ID}|".encode() not in begin:
        return None
    return _ESCAPED.sub(lambda escaped: escaped[1], value)


class _About(NamedTuple):
    header: str
    extension: str


@lru_cache(maxsize=256)
def _about(type_: str) -> _About:
    """What all events of a type have alike."""
    noun, _, verb = type_.rpartition(".")
    severity = _SEVERITIES.get(type_.partition(".")[0], 2)
    name = type_.replace(".", " ").replace("_", " ")
    return _About(
        _header(type_, name, severity),
        f"cat={noun.translate(_VALUE)} act={verb.translate(_VALUE)}",
    )


@lru_cache(maxsize=4096)
def _actor(actor: str) -> str:
    user = f" suid={actor.removeprefix(_USER).translate(_VALUE)}"
    return f"suser={actor.translate(_VALUE)}{user if actor.startswith(_USER) else ''}"


def _header(event_class: str, name: str, severity: int, *, version: str = VERSION) -> str:
    fields = ("Muniment", "Muniment", version, event_class, name, str(severity))
    return "|".join(field.translate(_HEADER) for field in fields)
