"""What the application needs from outside, as small Protocols."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from application.documents.analysis import Extractor, MediaTypes, TextAnalysis
from application.recorded import Append, Recorded, RecordedEvent
from application.turns import Turns
from domain.ids import StreamId, TenantId


class EventStore(Protocol):
    """The log, seen from a handler."""

    async def load(self, tenant_id: TenantId, stream_id: StreamId) -> Sequence[RecordedEvent]:
        """All events of one stream, oldest first; empty where there is none."""
        ...

    async def append(self, tenant_id: TenantId, command: Append) -> Recorded:
        """Record a command's events.

        A command id recorded before returns what it recorded then.

        Raises:
            VersionConflict: a stream is not where the command expected it.
            Claimed: a key that the command wants is held, be it by its own stream.
            CommandReused: the command id was recorded with another fingerprint.
            Overloaded: too much is waiting.
        """
        ...


class BlobStore(Protocol):
    """Immutable bytes by their sha256, apart for each tenant."""

    async def put(self, tenant_id: TenantId, data: bytes) -> str:
        """Keep `data` durably; its sha256 as lower-case hex."""
        ...

    async def get(self, tenant_id: TenantId, sha256: str) -> bytes:
        """The bytes, checked against their name.

        Raises:
            BlobMissing, BlobDamaged: they are gone, or are not what they were.
        """
        ...


class PasswordHasher(Protocol):
    """Slow hashing in a bounded pool of threads."""

    async def hash(self, password: str) -> str:
        """A salted hash of `password`."""
        ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether they match; with None it takes as long and says no."""
        ...


class LoginRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What logging in needs to know about one login."""

    tenant_id: UUID
    user_id: UUID
    password_hash: str
    role: str
    display_name: str


class LoginDirectory(Protocol):
    """Finds logins before anybody is authenticated."""

    async def find(self, email: str, tenant_slug: str | None) -> LoginRecord | None:
        """The one login of this normalised address, in the tenant named or the only one it has."""
        ...


class LookupKeys(Protocol):
    """Keyed hashes of personal data, for claims and look-ups."""

    def email(self, email: str) -> bytes:
        """The key of a normalised address across tenants."""
        ...

    def email_in(self, tenant_id: UUID, email: str) -> bytes:
        """The key of a normalised address within one tenant."""
        ...

    def request(self, asked: bytes) -> bytes:
        """The fingerprint of what a command asks, which may be personal."""
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        ...


class Ids(Protocol):
    """New ids."""

    def new(self) -> UUID:
        """An id nobody has had before; later ones sort later."""
        ...


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a handler may use."""

    events: EventStore
    blobs: BlobStore
    hasher: PasswordHasher
    logins: LoginDirectory
    lookup_keys: LookupKeys
    clock: Clock
    ids: Ids
    media_types: MediaTypes


class Vectors(Protocol):
    """Embeddings kept by model and content, so that no passage is embedded twice in a tenant."""

    @property
    def model(self) -> str:
        """The embedder's model, part of the key."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    async def ensure(self, tenant_id: TenantId, passages: Sequence[str]) -> None:
        """Embed and keep those passages that are not kept yet."""
        ...


class PipelinePorts(msgspec.Struct, frozen=True, kw_only=True):
    """What the stages need besides."""

    ports: Ports
    extractor: Extractor
    analysis: TextAnalysis
    vectors: Vectors
    turns: Turns
