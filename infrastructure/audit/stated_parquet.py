"""Reads exports that are Parquet. Needs no database, but the package pyarrow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from infrastructure.audit import parquet
from infrastructure.audit.exported import Exported, LogRow
from infrastructure.audit.jsonl import JsonLines
from infrastructure.audit.manifest import Manifest, StatedSeal, encoder
from infrastructure.audit.stated import Stated, read_manifest, refuse
from infrastructure.event_log import moments

BEGINS: Final = b"PAR1"
BATCH_ROWS: Final = 1000
_decode_seal = msgspec.json.Decoder(StatedSeal).decode


class ParquetReader:
    """One file."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            FormatUnavailable: pyarrow is not installed.
            Unfit: it can't be read.
        """
        self._arrow = parquet.library()
        try:
            self._file = self._arrow.parquet.ParquetFile(path)
        except (OSError, self._arrow.ArrowException) as error:
            refuse("footer", f"the file can't be read: {error}", error)
        told = (self._file.metadata.metadata or {}).get(parquet.MANIFEST)
        self.manifests = (
            [] if told is None else [read_manifest(told, "footer", told, encoder.encode)]
        )
        self._writer: JsonLines | None = None

    @property
    def content_sha256(self) -> bytes:
        """Of the events as JSON Lines."""
        return (self._writer or JsonLines(UUID(int=0))).content_sha256

    def __iter__(self) -> Iterator[Stated | Manifest]:
        number = 0
        try:
            for batch in self._file.iter_batches(batch_size=BATCH_ROWS):
                for values in batch.to_pylist():
                    number += 1
                    exported, stated = _read(values)
                    if self._writer is None:
                        self._writer = JsonLines(UUID(bytes=stated.tenant_id))
                    self._writer.page([exported])
                    yield stated
        except (self._arrow.ArrowException, OSError) as error:
            refuse(f"row {number + 1}", f"the file can't be read on: {error}", error)
        except (KeyError, TypeError, AttributeError, ValueError, msgspec.MsgspecError) as error:
            refuse(f"row {number}", f"the row can't be understood: {error}", error)
        yield from self.manifests


def _read(values: dict[str, Any]) -> tuple[Exported, Stated]:
    """One row, as what it was made of and as what it states."""
    withheld = values["withheld"]
    row = LogRow(
        position=values["position"],
        stream_id=values["stream_id"].encode(),
        version=values["version"],
        type=values["type"].encode(),
        schema=values["schema"],
        event_id=values["event_id"].encode(),
        command_id=values["command_id"].encode(),
        correlation_id=values["correlation_id"].encode(),
        causation_id=_encoded(values["causation_id"]),
        actor=values["actor"].encode(),
        recorded_at=moments.microseconds(values["recorded_at"]),
        metadata=_octets(values, "metadata"),
        data=b"" if withheld else _octets(values, "data"),
        digest=values["digest"].encode(),
    )
    before, seal = values["digest_before"].encode(), values["seal"]
    stated_seal = None if seal is None else _decode_seal(seal)
    made = None if stated_seal is None else stated_seal.seal
    exported = Exported(row, before, made, withheld, _encoded(values["personal"]))
    stated = Stated(
        UUID(values["tenant_id"]).bytes,
        bytes.fromhex(values["digest_before"]),
        (
            *(row.position, _id(row.stream_id), row.version, row.type, row.schema),
            *(_id(row.event_id), _id(row.command_id), _id(row.correlation_id)),
            *(None if row.causation_id is None else _id(row.causation_id), row.actor),
            *(row.recorded_at, row.metadata, row.data, bytes.fromhex(values["digest"])),
        ),
        withheld,
        stated_seal,
    )
    return exported, stated


def _id(text: bytes) -> bytes:
    return UUID(text.decode()).bytes


def _encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _octets(values: dict[str, Any], name: str) -> bytes:
    text, octets = values[name], values[f"{name}_octets"]
    if (text is None) == (octets is None):
        raise ValueError(f"{name} must stand in one form")
    found: bytes = octets if text is None else text.encode()
    return found
