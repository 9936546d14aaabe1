"""Exports as JSON Lines: an object for each event, and the manifest as the last line.

`data` and `metadata` stand as the very bytes that the digest covers, which are JSON themselves.
Bytes that are no JSON object stand as base64 in `data_octets` and `metadata_octets` instead.
"""

import base64
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import msgspec

from infrastructure.audit.exported import Exported, is_object, time_text
from infrastructure.audit.manifest import Manifest, StatedSeal, encoder
from infrastructure.audit.writer import Lines

_EVENT = (
    b'{"line":"event","tenant_id":"%b","position":%d,"stream_id":"%b","version":%d,"type":%b,'
    b'"schema":%d,"event_id":"%b","command_id":"%b","correlation_id":"%b","causation_id":%b,'
    b'"actor":%b,"recorded_at":"%b",%b,%b,"digest_before":"%b","digest":"%b"%b}\n'
)


class JsonLines(Lines):
    """Writes the log of one tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__()
        self._tenant_id = str(tenant_id).encode()

    def lines(self, events: Sequence[Exported]) -> bytes:
        """An object for each event."""
        return b"".join([self._line(event) for event in events])

    def trailer(self, manifest: Manifest) -> bytes:
        """The manifest as an object."""
        return trailer(manifest)

    def _line(self, event: Exported) -> bytes:
        # fmt: off
        (position, stream, version, type_, schema, event_id, command, correlation, cause, actor,
         recorded_at, metadata, data, digest) = event.row
        # fmt: on
        return _EVENT % (
            self._tenant_id,
            position,
            stream,
            version,
            _text(type_),
            schema,
            event_id,
            command,
            correlation,
            b"null" if cause is None else b'"%b"' % cause,
            _text(actor),
            time_text(recorded_at).encode(),
            _member(b"metadata", metadata),
            b'"withheld":true' if event.withheld else _member(b"data", data),
            event.digest_before,
            digest,
            _more(event) if event.seal or event.personal else b"",
        )


def trailer(manifest: Manifest) -> bytes:
    """The last line."""
    return encoder.encode(manifest) + b"\n"


def _member(name: bytes, octets: bytes) -> bytes:
    if is_object(octets):
        return b'"%b":%b' % (name, octets)
    return b'"%b_octets":"%b"' % (name, base64.b64encode(octets))


def _more(event: Exported) -> bytes:
    seal = b"" if event.seal is None else b',"seal":%b' % encoder.encode(StatedSeal.of(event.seal))
    return seal if event.personal is None else seal + b',"personal":%b' % event.personal


@lru_cache(maxsize=4096)
def _text(octets: bytes) -> bytes:
    return msgspec.json.encode(octets.decode())
