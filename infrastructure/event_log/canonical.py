"""The bytes of an event that its digest covers, exactly as the SQL function `log.canonical` makes
them. Knows nothing but the standard library: an auditor can read it in one go.

There are two forms. Events are recorded in the *record form*: what `record_send` of PostgreSQL
makes of their fields, which is how many there are, and of each its type, its length and its bytes.
A log may begin with events in the *joined form*, in which earlier releases recorded them. One form
begins with the number of fields, the other with an id drawn at random: no bytes are of both.
"""

import struct
from hashlib import sha256
from typing import NamedTuple, TypeAlias


class ChainedEvent(NamedTuple):
    """An event as the chain sees it: ids as their 16 bytes, texts as UTF-8, in this order."""

    position: int
    stream_id: bytes
    version: int
    type: bytes
    schema: int
    event_id: bytes
    command_id: bytes
    correlation_id: bytes
    causation_id: bytes | None
    actor: bytes
    recorded_at: int
    """Microseconds since 2000-01-01 00:00 UTC."""
    metadata: bytes
    data: bytes
    digest: bytes


# fmt: off
Row: TypeAlias = tuple[
    int, bytes, int, bytes, int, bytes, bytes, bytes,
    bytes | None, bytes, int, bytes, bytes, bytes,
]
# fmt: on
"""The fields of a `ChainedEvent` in their order; named ones would cost a tenth of the time."""


class Link(NamedTuple):
    """A place in a chain: the digest of the event at a position; 0 is before the first."""

    position: int
    digest: bytes


_FIELDS = 14
_pack_pair = struct.Struct(">ii").pack
# Before a field stand the number of its type in PostgreSQL and how many bytes it has; -1 for none.
_ID = _pack_pair(2950, 16)
_INT2 = _pack_pair(21, 2)
_INT8 = _pack_pair(20, 8)
_TIME = _pack_pair(1184, 8)
_BYTES = 17
_NO_ID = _pack_pair(2950, -1)

_pack_start = struct.Struct(">i8s16s8sq8s16s8sqii").pack
_pack_ids = struct.Struct(">8sh8s16s8s16s8s16s").pack
_pack_id = struct.Struct(">8s16s").pack
_pack_time = struct.Struct(">8sqii").pack

_NO_CAUSE = bytes(16)
_join_start = struct.Struct(">16sq16sqI").pack
_join_ids = struct.Struct(">h16s16s16s16sI").pack
_join_time = struct.Struct(">qI").pack
_join_length = struct.Struct(">I").pack


def first_link(tenant_id: bytes) -> Link:
    """Where the chain of a tenant begins: the sha256 of the 16 bytes of its id."""
    return Link(0, sha256(tenant_id).digest())


def encode(tenant_id: bytes, event: Row, position: int | None = None) -> bytes:
    """The record form, as if the event stood at `position` where that is given.

    Raises:
        struct.error: a value that no column could hold.
    """
    # fmt: off
    (own, stream, version, kind, schema, event_id, command, correlation, cause, actor, at_time,
     metadata, data, _) = event
    return b"".join((
        _pack_start(_FIELDS, _ID, tenant_id, _INT8, position or own, _ID, stream, _INT8, version,
                    _BYTES, len(kind)),
        kind,
        _pack_ids(_INT2, schema, _ID, event_id, _ID, command, _ID, correlation),
        _NO_ID if cause is None else _pack_id(_ID, cause),
        _pack_pair(_BYTES, len(actor)),
        actor,
        _pack_time(_TIME, at_time, _BYTES, len(metadata)),
        metadata,
        _pack_pair(_BYTES, len(data)),
        data,
    ))
    # fmt: on


def encode_joined(tenant_id: bytes, event: Row, position: int | None = None) -> bytes:
    """The joined form: fields as they are, those of any length behind their length.

    Raises:
        struct.error: a value that no column could hold.
    """
    # fmt: off
    (own, stream, version, kind, schema, event_id, command, correlation, cause, actor, at_time,
     metadata, data, _) = event
    return b"".join((
        _join_start(tenant_id, position or own, stream, version, len(kind)),
        kind,
        _join_ids(schema, event_id, command, correlation, cause or _NO_CAUSE, len(actor)),
        actor,
        _join_time(at_time, len(metadata)),
        metadata,
        _join_length(len(data)),
        data,
    ))
    # fmt: on


def digest(tenant_id: bytes, before: bytes, event: Row, position: int | None = None) -> bytes:
    """The digest that the event is given behind the digest `before`."""
    return sha256(before + encode(tenant_id, event, position)).digest()


def digest_joined(
    tenant_id: bytes, before: bytes, event: Row, position: int | None = None
) -> bytes:
    """The digest that it has where it was recorded in the joined form."""
    return sha256(before + encode_joined(tenant_id, event, position)).digest()
