"""Exports as CSV (RFC 4180): a heading, a record for each event, and the manifest as the last one.

A cell that a spreadsheet would take for a formula begins with an apostrophe; so does one that
begins with an apostrophe itself. Taking one leading apostrophe away gives every value back.
"""

import csv
import io
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from infrastructure.audit.exported import Exported, base64_text, is_text, time_text
from infrastructure.audit.manifest import Manifest, StatedSeal, encoder
from infrastructure.audit.writer import Lines

COLUMNS: Final = (
    *("line", "tenant_id", "position", "stream_id", "version", "type", "schema", "event_id"),
    *("command_id", "correlation_id", "causation_id", "actor", "recorded_at", "metadata"),
    *("metadata_octets", "data", "data_octets", "withheld", "digest_before", "digest", "seal"),
    "personal",
)
_APOSTROPHE = "'"
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠" + _APOSTROPHE)  # noqa: RUF001 - the wide forms are meant
"""OWASP, CSV Injection; the wide forms count in East Asian spreadsheets."""


def safe(text: str) -> str:
    """The cell of a text."""
    return _APOSTROPHE + text if text[:1] in _FORMULA else text


def unsafe(cell: str) -> str:
    """The text of a cell."""
    return cell.removeprefix(_APOSTROPHE)


class CsvRecords(Lines):
    """Writes the log of one tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__()
        self._tenant_id = str(tenant_id)

    def heading(self) -> bytes:
        """The names of the columns."""
        return _encoded([COLUMNS])

    def lines(self, events: Sequence[Exported]) -> bytes:
        """A record for each event."""
        return _encoded([self._record(event) for event in events])

    def trailer(self, manifest: Manifest) -> bytes:
        """A record with the manifest as its data."""
        return trailer(manifest)

    def _record(self, event: Exported) -> tuple[object, ...]:
        row, seal = event.row, event.seal
        return (
            *("event", self._tenant_id, row.position, row.stream_id.decode(), row.version),
            *(safe(row.type.decode()), row.schema, row.event_id.decode()),
            *(row.command_id.decode(), row.correlation_id.decode()),
            *((row.causation_id or b"").decode(), safe(row.actor.decode())),
            *(time_text(row.recorded_at), *_cells(row.metadata)),
            *(("", "", "true") if event.withheld else (*_cells(row.data), "")),
            *(event.digest_before.decode(), row.digest.decode()),
            "" if seal is None else encoder.encode(StatedSeal.of(seal)).decode(),
            (event.personal or b"").decode(),
        )


def trailer(manifest: Manifest) -> bytes:
    """The last record."""
    told = {"line": "manifest", "data": safe(encoder.encode(manifest).decode())}
    return _encoded([[told.get(column, "") for column in COLUMNS]])


def _cells(octets: bytes) -> tuple[str, str]:
    """As text where that is what it is, else in base64."""
    if is_text(octets):
        return safe(octets.decode()), ""
    return "", safe(base64_text(octets))


def _encoded(records: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(records)
    return text.getvalue().encode()
