"""What a set of a backup holds: written last, and without it there is no set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from infrastructure.event_log.canonical import Link
from infrastructure.vault.custody import KeptKey

FORMAT = 1
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a manifest, or a line of one of its files."""


class File(_Part, frozen=True):
    """One file of the backup, as it lies there."""

    name: str
    sha256: Digest
    size: int


class KeptSeal(_Part, frozen=True):
    """A seal that was made for an event of an earlier set."""

    position: int
    digest: Digest
    sealed_at: datetime
    key_id: str
    signature: bytes


class KeptLog(_Part, frozen=True):
    """One tenant's log from behind `after` to `position`; no file where nothing is new."""

    tenant_id: UUID
    after: int
    position: int
    digest: Digest
    """At `position`."""
    sealed: int
    """The highest position with a seal; 0 for none."""
    late_seals: Sequence[KeptSeal] = ()
    file: File | None = None

    @property
    def head(self) -> Link:
        """Where it ends."""
        return Link(self.position, self.digest)


class Parent(_Part, frozen=True):
    """The set before, which this one goes on from."""

    set_id: str
    sha256: Digest
    """Of its manifest's file."""


class Manifest(_Part, frozen=True):
    """One set. Without a parent it is a full one."""

    format: int
    set_id: str
    parent: Parent | None
    made_at: datetime
    """When it was begun: everything recorded before is in it."""
    ended_at: datetime
    version: str
    migrations: Sequence[str]
    logs: Sequence[KeptLog]
    seal_keys: Sequence[bytes]
    outside: File
    """Lines of `Outside`."""
    blobs: File
    """Lines of `KeptBlob`: those that no earlier set of the chain names."""
    models: File
    """Lines of `ModelDigest`."""
    settings: dict[str, str]
    """Those that are no secrets, by their variables."""
    secrets: dict[str, str]
    """Fingerprints of those that a restore needs."""

    @property
    def full(self) -> bool:
        """Whether it needs no other set."""
        return self.parent is None

    @property
    def events(self) -> int:
        """How many it holds."""
        return sum(each.position - each.after for each in self.logs)

    @property
    def files(self) -> list[File]:
        """Its own; blobs belong to all sets."""
        logs = [each.file for each in self.logs if each.file is not None]
        return [*logs, self.outside, self.blobs, self.models]

    @property
    def size(self) -> int:
        """Bytes of its own files."""
        return sum(each.size for each in self.files)


class Skipped(_Part, frozen=True):
    """An event that a projection shall never take in."""

    projection: str
    position: int
    dead_letter_id: UUID
    skipped_at: datetime


class Outside(_Part, frozen=True):
    """What belongs to a tenant and stands outside its log."""

    tenant_id: UUID
    keys: Sequence[KeptKey]
    skipped: Sequence[Skipped] = ()


class KeptBlob(_Part, frozen=True):
    """One blob, and the file that it is in."""

    tenant_id: UUID
    sha256: str
    file: File


class ModelDigest(_Part, frozen=True):
    """What a read model of a tenant came to at a position."""

    tenant_id: UUID
    projection: str
    version: int
    position: int
    rows: int
    digest: str
