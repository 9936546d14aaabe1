"""Commands that Hypothesis makes up, as intentions: they become commands on the log as it is."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec
from hypothesis import strategies as st

from application.recorded import Append, Claim, NewEvents
from domain.ids import CommandId, StreamId, Version
from tests.event_log import logs
from tests.event_log.model import Log

KEYS = (b"one", b"two", b"three")
FINGERPRINTS = (None, b"a" * 32, b"b" * 32)


class Part(msgspec.Struct, frozen=True):
    """Events for one stream."""

    which: int
    """Of the log's streams; a new one where there is none of that number."""
    off: int
    """How far the expected version is from the true one."""
    events: int


class Draft(msgspec.Struct, frozen=True):
    """One command."""

    parts: Sequence[Part]
    claims: Sequence[tuple[int, bool]]
    """Which key, and whether it is taken or released, for the first stream."""
    fingerprint: bytes | None
    again: int | None
    """Under the id of which of the commands sent before; None for an id of its own."""


NEW = 1_000
parts = st.builds(
    Part,
    which=st.one_of(st.just(NEW), st.integers(0, 5)),
    off=st.sampled_from([0, 0, 0, 0, 0, -1, 1, 3]),
    events=st.sampled_from([1, 1, 1, 2, 3]),
)
claims = st.lists(st.tuples(st.integers(0, len(KEYS) - 1), st.booleans()), max_size=3)
fingerprints = st.sampled_from(FINGERPRINTS)
drafts = st.builds(
    Draft,
    parts=st.lists(parts, min_size=1, max_size=3),
    claims=st.one_of(st.just([]), claims),
    fingerprint=fingerprints,
    again=st.one_of(st.none(), st.none(), st.none(), st.integers(0, 5)),
)


def command(draft: Draft, log: Log, sent: Sequence[Append], scope: str) -> Append:
    """The command that the draft is on this log. No stream is named twice in it."""
    known = list(log.versions)
    streams: dict[StreamId, NewEvents] = {}
    for part in draft.parts:
        stream_id = known[part.which] if part.which < len(known) else logs.stream()
        expected = max(0, log.versions.get(stream_id, 0) + part.off)
        streams[stream_id] = NewEvents(
            stream_id=stream_id,
            expected=Version(expected),
            events=[logs.event(f"event {uuid4()}") for _ in range(part.events)],
        )
    first = next(iter(streams))
    return Append(
        command_id=CommandId(_earlier_id(draft, sent) or uuid4()),
        streams=list(streams.values()),
        actor="user:test",
        correlation_id=uuid4(),
        fingerprint=draft.fingerprint,
        claims=[
            Claim(scope=f"{scope}.{key % 2}", key=KEYS[key], stream_id=first, taken=taken)
            for key, taken in draft.claims
        ],
    )


def _earlier_id(draft: Draft, sent: Sequence[Append]) -> UUID | None:
    if draft.again is None or not sent:
        return None
    return sent[draft.again % len(sent)].command_id
