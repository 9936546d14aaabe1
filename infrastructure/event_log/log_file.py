"""Exported logs: JSON Lines under zstd, which prove themselves without any database.

A header, the events in order, the tenant's claims, and a manifest that is signed. An event carries
what its command came to, if it is that command's last, and the seal of its position, if it has one.
`data` and `metadata` are texts with the exact bytes that the digest covers; bytes that are no UTF-8
stand as base64 in `data_octets` and `metadata_octets` instead.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from infrastructure.event_log import moments
from infrastructure.event_log.canonical import Row

FORMAT = 1
SUFFIX = ".muniment-log.zst"
LINE_BYTES_MAX = 64 * 2**20
WINDOW_BYTES_MAX = 2**27
SIGNED_FOR = b"muniment log file 1\n"

Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
Place = Annotated[int, Meta(ge=0)]


class _Line(
    msgspec.Struct,
    frozen=True,
    tag_field="line",
    tag=str.lower,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """One line."""


class Header(_Line, frozen=True, kw_only=True):
    """Whose log, and what it follows."""

    format: int
    tenant_id: UUID
    after: Place
    """The events begin behind this position."""
    digest: Digest
    """The digest of the event there, on which the first one builds."""
    exported_at: datetime
    seal_keys: dict[str, Any]
    """A JSON Web Key Set."""


class OfCommand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the command of an event, its last one, came to."""

    first_position: Place
    stream_id: UUID
    version: Place
    fingerprint: bytes | None


class OfSeal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The seal of an event's position, over its digest."""

    sealed_at: datetime
    key_id: str
    signature: bytes


class Event(_Line, frozen=True, kw_only=True):
    """One event."""

    position: Place
    stream_id: UUID
    version: Place
    type: str
    schema: int
    event_id: UUID
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None = None
    actor: str
    recorded_at: datetime
    metadata: str | None = None
    metadata_octets: bytes | None = None
    data: str | None = None
    data_octets: bytes | None = None
    digest: Digest
    command: OfCommand | None = None
    seal: OfSeal | None = None


class Claim(_Line, frozen=True, kw_only=True):
    """What one of the tenant's streams holds, as of the end of the file."""

    scope: str
    key: bytes
    stream_id: UUID


class Manifest(_Line, frozen=True, kw_only=True):
    """The last line: what the file must have held."""

    position: Place
    digest: Digest
    events: Place
    claims: Place
    content_sha256: Digest
    """Of every byte before this line."""
    key_id: str
    signature: bytes
    """Ed25519 over `muniment log file 1`, a line feed and `content_sha256`."""


Line = Header | Event | Claim | Manifest
encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(Line)


def row(event: Event) -> Row:
    """The event as the chain sees it.

    Raises:
        ValueError: `data` or `metadata` stands in neither form, or in both.
    """
    cause = event.causation_id
    return (
        event.position,
        event.stream_id.bytes,
        event.version,
        event.type.encode(),
        event.schema,
        event.event_id.bytes,
        event.command_id.bytes,
        event.correlation_id.bytes,
        None if cause is None else cause.bytes,
        event.actor.encode(),
        moments.microseconds(event.recorded_at),
        octets(event.metadata, event.metadata_octets),
        octets(event.data, event.data_octets),
        event.digest,
    )


def octets(text: str | None, other: bytes | None) -> bytes:
    """The bytes of a value that stands as text or in base64."""
    if (text is None) == (other is None):
        raise ValueError("a value must stand in one form")
    return text.encode() if text is not None else other or b""


def signed_message(content_sha256: bytes) -> bytes:
    """What the manifest's signature covers."""
    return SIGNED_FOR + content_sha256
