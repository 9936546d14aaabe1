"""The manifest of an export: what the file must hold, signed with the key of the seals.

Every format has it at its end. Needs no database.
"""

from datetime import datetime
from hashlib import sha256
from importlib import metadata
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from infrastructure.event_log import moments
from infrastructure.event_log.seals import KeyRing, Seal, SealKey

FORMAT_VERSION = 1
VERSION = metadata.version("muniment")
SOFTWARE = f"muniment {VERSION}"
SIGNED_FOR = b"muniment audit export 1\n"

Place = Annotated[int, Meta(ge=0)]
Moment = Annotated[datetime, Meta(tz=True)]
Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class StatedSeal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A seal, as an export states it."""

    position: Place
    digest: Hex
    sealed_at: Moment
    key_id: str
    signature: bytes

    @classmethod
    def of(cls, seal: Seal) -> "StatedSeal":
        """The statement of one."""
        return cls(
            position=seal.position,
            digest=seal.digest.hex(),
            sealed_at=moments.moment(seal.sealed_at),
            key_id=seal.key_id,
            signature=seal.signature,
        )

    @property
    def seal(self) -> Seal:
        """What is stated."""
        return Seal(
            position=self.position,
            digest=bytes.fromhex(self.digest),
            sealed_at=moments.microseconds(self.sealed_at),
            key_id=self.key_id,
            signature=self.signature,
        )


class Manifest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="line",
    tag="manifest",
    forbid_unknown_fields=True,
):
    """What was exported."""

    format_version: int
    format: str
    software: str
    tenant_id: UUID
    exported_at: Moment
    exported_by: str
    after: Place
    """The events begin behind this position."""
    to: Place
    """Up to where they were to go."""
    position: Place
    """Of the last event."""
    head: Place
    """Where the log ended when the export ended."""
    events: Place
    seals: Place
    """How many of the events' positions are sealed."""
    withheld: Place
    """How many events stand without their data."""
    personal: bool
    """Whether personal fields stand in clear."""
    digest_before: Hex
    digest: Hex
    """Of the last event; the same as `digest_before` where there is none."""
    last_seal: StatedSeal | None
    """The one furthest on of the whole log."""
    seal_keys: dict[str, Any]
    """A JSON Web Key Set."""
    content_sha256: Hex
    key_id: str
    signature: bytes = b""

    @property
    def version(self) -> str:
        """Of the software."""
        return self.software.partition(" ")[2]

    def signed(self, key: SealKey) -> "Manifest":
        """The same with its signature."""
        return msgspec.structs.replace(self, signature=key.sign(_message(self)))

    def is_signed(self, keys: KeyRing) -> bool:
        """Whether its key is one of these and made the signature."""
        return keys.signed(self.key_id, _message(self), self.signature)


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(Manifest)


def _message(manifest: Manifest) -> bytes:
    unsigned = msgspec.structs.replace(manifest, signature=b"")
    return SIGNED_FOR + sha256(encoder.encode(unsigned)).digest()
