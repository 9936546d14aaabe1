"""Exports in the Common Event Format of ArcSight (CEF:0): a line for each event, for a SIEM.

What an event is about, not all that it holds: the position finds it in the log. The manifest is
the last line.
"""

import re
from collections.abc import Sequence
from typing import Final
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
        type_, actor = row.type.decode(), row.actor.decode()
        noun, _, verb = type_.rpartition(".")
        told: dict[str, object] = {
            "rt": unix_milliseconds(row.recorded_at),
            "deviceExternalId": self._tenant_id,
            "externalId": row.event_id.decode(),
            "cat": noun,
            "act": verb,
            "suser": actor,
            **({"suid": actor.removeprefix(_USER)} if actor.startswith(_USER) else {}),
            **{"cn1Label": "position", "cn1": row.position},
            **{"cn2Label": "version", "cn2": row.version},
            **{"cn3Label": "schema", "cn3": row.schema},
            **{"cs1Label": "stream", "cs1": row.stream_id.decode()},
            **{"cs2Label": "correlation", "cs2": row.correlation_id.decode()},
            **{"cs3Label": "command", "cs3": row.command_id.decode()},
            **{"cs4Label": "digest before", "cs4": event.digest_before.decode()},
            **{"cs5Label": "digest", "cs5": row.digest.decode()},
        }
        severity = _SEVERITIES.get(type_.partition(".")[0], 2)
        return _line(type_, type_.replace(".", " ").replace("_", " "), severity, told)


def trailer(manifest: Manifest) -> bytes:
    """The last line; the manifest is its last extension."""
    told: dict[str, object] = {
        "deviceExternalId": manifest.tenant_id,
        "cs6Label": "manifest",
        "cs6": encoder.encode(manifest).decode(),
    }
    name, version = "manifest of an export", manifest.version
    return _line(MANIFEST_ID, name, 4, told, version=version).encode()


def manifest_of(line: bytes) -> bytes | None:
    """The manifest in a line; None if there is none."""
    begin, found, value = line.removesuffix(b"\n").partition(_MANIFEST_KEY)
    if not found or f"|{MANIFEST_ID}|".encode() not in begin:
        return None
    return _ESCAPED.sub(lambda escaped: escaped[1], value)


def _line(
    event_class: str,
    name: str,
    severity: int,
    told: dict[str, object],
    *,
    version: str = VERSION,
) -> str:
    header = "|".join(
        str(each).translate(_HEADER)
        for each in ("Muniment", "Muniment", version, event_class, name, severity)
    )
    extension = " ".join(f"{key}={str(value).translate(_VALUE)}" for key, value in told.items())
    return f"CEF:0|{header}|{extension}\n"
