"""Logs for tests of the chain: made in memory, and rows of a database as the chain sees them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from infrastructure.event_log import canonical
from infrastructure.event_log.canonical import ChainedEvent, Link

TENANT = UUID("7e4a4f6e-0000-4000-8000-000000000001")


def identity(number: int) -> bytes:
    """A fixed id for a small number."""
    return UUID(int=number + (4 << 76) + (2 << 62)).bytes


def chained(streams: Iterable[int], *, tenant: UUID = TENANT) -> list[ChainedEvent]:
    """A log in good order: one event for each number, which names its stream.

    Those of an even number have their digests in the joined form, as earlier releases made them.
    """
    versions: dict[int, int] = {}
    made: list[ChainedEvent] = []
    digest = canonical.first_link(tenant.bytes).digest
    for position, stream in enumerate(streams, start=1):
        versions[stream] = versions.get(stream, 0) + 1
        event = ChainedEvent(
            position=position,
            stream_id=identity(1000 + stream),
            version=versions[stream],
            type=b"document.added",
            schema=1,
            event_id=identity(2000 + position),
            command_id=identity(3000 + position),
            correlation_id=identity(4000 + position),
            causation_id=None if position % 3 else identity(5000 + position),
            actor="user:Ýrsa".encode(),
            recorded_at=800_000_000_000_000 + position,
            metadata=b"{}",
            data=b'{"title":"Minutes %d"}' % position,
            digest=b"",
        )
        form = canonical.digest if stream % 2 else canonical.digest_joined
        digest = form(tenant.bytes, digest, event)
        made.append(event._replace(digest=digest))
    return made


def head(events: Sequence[ChainedEvent], *, tenant: UUID = TENANT) -> Link:
    """Where a log in good order says that it ends."""
    if not events:
        return canonical.first_link(tenant.bytes)
    return Link(events[-1].position, events[-1].digest)


def rechained(
    events: Sequence[ChainedEvent], *, start: int = 1, tenant: UUID = TENANT
) -> list[ChainedEvent]:
    """The same events with fresh positions, and fresh digests from `start` on."""
    made: list[ChainedEvent] = []
    digest = canonical.first_link(tenant.bytes).digest
    for position, event in enumerate(events, start=1):
        moved = event._replace(position=position)
        if position >= start:
            moved = moved._replace(digest=canonical.digest(tenant.bytes, digest, moved))
        digest = moved.digest
        made.append(moved)
    return made
