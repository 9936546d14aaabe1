"""Reads exports that are CSV. Needs no database."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from infrastructure.audit.csv_records import COLUMNS, trailer, unsafe
from infrastructure.audit.manifest import Manifest
from infrastructure.audit.stated import Content, Stated, read_manifest, refuse
from infrastructure.audit.stated_lines import EventLine, lines, stated_of
from infrastructure.event_log import log_file

BEGINS: Final = b"line,tenant_id,"
_TEXTS: Final = ("type", "actor", "metadata", "metadata_octets", "data", "data_octets")
_OPTIONAL: Final = ("causation_id", "metadata_octets", "data_octets", "seal")


class _Records:
    """The records of a file, each with its place and its bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = lines(file)
        self._where = ""
        self._taken: list[bytes] = []

    def __iter__(self) -> Iterator[tuple[str, bytes, list[str]]]:
        csv.field_size_limit(log_file.LINE_BYTES_MAX)
        try:
            for record in csv.reader(self._decoded(), strict=True):
                taken, self._taken = self._taken, []
                yield self._where, b"".join(taken), record
        except (csv.Error, UnicodeDecodeError) as error:
            refuse(self._where, f"the record can't be understood: {error}", error)

    def _decoded(self) -> Iterator[str]:
        for where, octets in self._lines:
            self._where = where
            self._taken.append(octets)
            yield octets.decode()


class CsvReader:
    """One file, or several one behind the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.manifests = [
                _manifest(record, where, octets)
                for where, octets, record in _Records(file)
                if record[:1] == ["manifest"]
            ]
        self._content = Content(frozenset(each.after + 1 for each in self.manifests))

    @property
    def content_sha256(self) -> bytes:
        """Of every byte of a part before its manifest."""
        return self._content.sha256

    def __iter__(self) -> Iterator[Stated | Manifest]:
        with self._path.open("rb") as file:
            for where, octets, record in _Records(file):
                if tuple(record) == COLUMNS:
                    self._content.heading(octets)
                elif record[:1] == ["manifest"]:
                    manifest = _manifest(record, where, octets)
                    self._content.manifest(manifest)
                    yield manifest
                else:
                    stated = _stated(record, where)
                    self._content.event(stated.row[0], octets)
                    yield stated


def _manifest(record: list[str], where: str, octets: bytes) -> Manifest:
    told = _values(record, where)["data"].encode()
    return read_manifest(told, where, octets, trailer)


def _values(record: list[str], where: str) -> dict[str, str]:
    if len(record) != len(COLUMNS):
        refuse(where, f"the record has {len(record)} cells, not {len(COLUMNS)}")
    values = dict(zip(COLUMNS, record, strict=True))
    return values | {name: unsafe(values[name]) for name in _TEXTS}


def _stated(record: list[str], where: str) -> Stated:
    values: dict[str, object] = {**_values(record, where)}
    if values.pop("line") != "event" or values["withheld"] not in ("", "true"):
        refuse(where, "the record is neither an event nor a manifest")
    try:
        values["withheld"] = values["withheld"] == "true"
        values.pop("personal")
        metadata, data = str(values.pop("metadata")), str(values.pop("data"))
        values |= {name: values[name] or None for name in _OPTIONAL}
        if values["seal"] is not None:
            values["seal"] = msgspec.json.decode(str(values["seal"]))
        line = msgspec.convert(values, EventLine, strict=False)
        return stated_of(
            line,
            metadata=None if line.metadata_octets is not None and not metadata else metadata,
            data=None if not data and (line.withheld or line.data_octets is not None) else data,
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        refuse(where, f"the record can't be understood: {error}", error)
