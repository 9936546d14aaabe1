"""Reads exports that are JSON Lines. Needs no database."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import msgspec

from infrastructure.audit import jsonl
from infrastructure.audit.manifest import Hex, Manifest, Moment, Place, StatedSeal
from infrastructure.audit.stated import Content, Stated, read_manifest, refuse
from infrastructure.event_log import log_file, moments

BEGINS = b'{"line":"'
_MANIFEST = b'{"line":"manifest"'
_ABSENT = msgspec.Raw(b"")


class EventLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="line",
    tag="event",
    forbid_unknown_fields=True,
):
    """The line of an event."""

    tenant_id: UUID
    position: Place
    stream_id: UUID
    version: Place
    type: str
    schema: int
    event_id: UUID
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    actor: str
    recorded_at: Moment
    metadata: msgspec.Raw = _ABSENT
    metadata_octets: bytes | None = None
    data: msgspec.Raw = _ABSENT
    data_octets: bytes | None = None
    withheld: bool = False
    digest_before: Hex
    digest: Hex
    seal: StatedSeal | None = None
    personal: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(EventLine).decode


def lines(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Each line with the words for its place.

    Raises:
        Unfit: one is cut off, or too long.
    """
    number = 0
    while octets := file.readline(log_file.LINE_BYTES_MAX + 1):
        number += 1
        where = f"line {number}"
        if not octets.endswith(b"\n"):
            refuse(where, "the line is cut off, or too long")
        yield where, octets


class JsonLinesReader:
    """One file, or several one behind the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.manifests = [
                read_manifest(octets, where, octets, jsonl.trailer)
                for where, octets in lines(file)
                if octets.startswith(_MANIFEST)
            ]
        self._content = Content(frozenset(each.after + 1 for each in self.manifests))

    @property
    def content_sha256(self) -> bytes:
        """Of every byte of a part before its manifest."""
        return self._content.sha256

    def __iter__(self) -> Iterator[Stated | Manifest]:
        with self._path.open("rb") as file:
            for where, octets in lines(file):
                if octets.startswith(_MANIFEST):
                    manifest = read_manifest(octets, where, octets, jsonl.trailer)
                    self._content.manifest(manifest)
                    yield manifest
                    continue
                try:
                    line = _decode(octets)
                    stated = stated_of(line, metadata=_text(line.metadata), data=_text(line.data))
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    refuse(where, f"the line can't be understood: {error}", error)
                self._content.event(line.position, octets)
                yield stated


def stated_of(line: EventLine, *, metadata: str | None, data: str | None) -> Stated:
    """What a line states, with the texts of its metadata and data.

    Raises:
        ValueError: one of them stands in no form, or in two.
    """
    if line.withheld and (data is not None or line.data_octets is not None):
        raise ValueError("an event is either withheld or not")
    cause = line.causation_id
    return Stated(
        line.tenant_id.bytes,
        bytes.fromhex(line.digest_before),
        (
            line.position,
            line.stream_id.bytes,
            line.version,
            line.type.encode(),
            line.schema,
            line.event_id.bytes,
            line.command_id.bytes,
            line.correlation_id.bytes,
            None if cause is None else cause.bytes,
            line.actor.encode(),
            moments.microseconds(line.recorded_at),
            log_file.octets(metadata, line.metadata_octets),
            b"" if line.withheld else log_file.octets(data, line.data_octets),
            bytes.fromhex(line.digest),
        ),
        line.withheld,
        line.seal,
    )


def _text(raw: msgspec.Raw) -> str | None:
    octets = bytes(raw)
    return octets.decode() if octets else None
