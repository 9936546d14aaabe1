"""Exports as Parquet, for data frames and query engines; the manifest stands in the footer.

The values are those of the other formats: ids and digests as texts, `data` as text with the exact
bytes. What the manifest says of the content is the sha256 of the same events as JSON Lines.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from infrastructure.audit.exported import Exported, is_text
from infrastructure.audit.jsonl import JsonLines
from infrastructure.audit.manifest import Manifest, StatedSeal, encoder
from infrastructure.event_log import moments

if TYPE_CHECKING:
    import pyarrow

MANIFEST: Final = b"muniment.manifest"
TEXTS: Final = (
    *("stream_id", "type", "event_id", "command_id", "correlation_id", "causation_id", "actor"),
    *("metadata", "data", "digest_before", "digest", "seal", "personal"),
)
OCTETS: Final = ("metadata_octets", "data_octets")


class FormatUnavailable(Exception):  # noqa: N818 - named for what is the matter
    """Parquet takes the package pyarrow: install Muniment with the extra `parquet`."""


def library() -> Any:
    """The package pyarrow.

    Raises:
        FormatUnavailable: it is not installed.
    """
    try:
        import pyarrow as arrow
        import pyarrow.parquet
    except ImportError as error:
        raise FormatUnavailable(FormatUnavailable.__doc__) from error
    return arrow


class Parquet:
    """Writes the log of one tenant, a row group a page."""

    def __init__(self, tenant_id: UUID) -> None:
        """Begin a file.

        Raises:
            FormatUnavailable: pyarrow is not installed.
        """
        self._arrow = library()
        self._tenant_id = str(tenant_id)
        self._content = JsonLines(tenant_id)
        self._written = _Written()
        self._schema = _schema(self._arrow)
        self._file = self._arrow.parquet.ParquetWriter(
            self._written, self._schema, compression="zstd"
        )

    def begin(self) -> bytes:
        """The magic bytes."""
        return self._written.taken()

    def page(self, events: Sequence[Exported]) -> bytes:
        """A row group."""
        self._content.page(events)
        columns = self._columns(events)
        self._file.write_batch(self._arrow.record_batch(columns, schema=self._schema))
        return self._written.taken()

    @property
    def content_sha256(self) -> bytes:
        """Of the events as JSON Lines."""
        return self._content.content_sha256

    def end(self, manifest: Manifest) -> bytes:
        """The footer."""
        self._file.add_key_value_metadata({MANIFEST: encoder.encode(manifest)})
        self._file.close()
        return self._written.taken()

    def _columns(self, events: Sequence[Exported]) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {name: [] for name in self._schema.names}
        for event in events:
            for name, value in self._values(event).items():
                columns[name].append(value)
        return columns

    def _values(self, event: Exported) -> dict[str, Any]:
        row, seal = event.row, event.seal
        texts: dict[str, Any] = {name: getattr(row, name, None) for name in TEXTS}
        octets: dict[str, bytes | None] = dict.fromkeys(OCTETS)
        for name in ("metadata", "data"):
            if name == "data" and event.withheld:
                texts[name] = None
            elif not is_text(texts[name]):
                octets[f"{name}_octets"], texts[name] = texts[name], None
        texts["digest_before"] = event.digest_before
        texts["seal"] = None if seal is None else encoder.encode(StatedSeal.of(seal))
        texts["personal"] = event.personal
        return {
            "tenant_id": self._tenant_id,
            "position": row.position,
            "version": row.version,
            "schema": row.schema,
            "recorded_at": moments.moment(row.recorded_at),
            "withheld": event.withheld,
            **{name: None if each is None else each.decode() for name, each in texts.items()},
            **octets,
        }


class _Written:
    """A file whose bytes are taken away as they come."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, octets: bytes) -> int:
        self._parts.append(bytes(octets))
        return len(octets)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What was written can still be taken."""

    def taken(self) -> bytes:
        octets, self._parts = b"".join(self._parts), []
        return octets


def _schema(arrow: Any) -> "pyarrow.Schema":
    text = arrow.string()
    return arrow.schema(
        [
            arrow.field("tenant_id", text, nullable=False),
            arrow.field("position", arrow.int64(), nullable=False),
            arrow.field("version", arrow.int64(), nullable=False),
            arrow.field("schema", arrow.int32(), nullable=False),
            arrow.field("recorded_at", arrow.timestamp("us", tz="UTC"), nullable=False),
            arrow.field("withheld", arrow.bool_(), nullable=False),
            *(arrow.field(name, text) for name in TEXTS),
            *(arrow.field(name, arrow.binary()) for name in OCTETS),
        ]
    )
