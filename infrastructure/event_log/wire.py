"""Values in PostgreSQL's binary format, as an append sends and receives them.

The formats are those of the `*_send` and `*_recv` functions of PostgreSQL. Writing them here spares
a third of the time that an append takes in its process: the driver would look up each value's type
and dump it, thirteen times an event.
"""

import struct
from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

Value = TypeVar("Value")

INT2 = struct.Struct(">h").pack
INT4 = struct.Struct(">i").pack
INT8 = struct.Struct(">q").pack

BOOL_OID, BYTEA_OID, INT8_OID, INT2_OID, INT4_OID = 16, 17, 20, 21, 23
TEXT_OID, UUID_OID = 25, 2950
"""Object ids of the built-in types, the same in every PostgreSQL (`pg_type.dat`)."""

_NULL = INT4(-1)
_HEADER = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")


def array(type_oid: int, elements: list[bytes | None]) -> bytes:
    """One-dimensional array of elements that are in the binary format of their type."""
    if not elements:
        return struct.pack(">iiI", 0, 0, type_oid)
    parts = [_HEADER.pack(1, int(None in elements), type_oid, len(elements), 1)]
    for element in elements:
        if element is None:
            parts.append(_NULL)
        else:
            parts += (_LENGTH.pack(len(element)), element)
    return b"".join(parts)


def uuids(values: Iterable[UUID | None]) -> bytes:
    """A `uuid[]`."""
    return array(UUID_OID, [None if value is None else value.bytes for value in values])


def texts(values: Iterable[str]) -> bytes:
    """A `text[]`."""
    return array(TEXT_OID, [value.encode() for value in values])


def int4s(values: Iterable[int]) -> bytes:
    """An `int[]`."""
    return array(INT4_OID, [INT4(value) for value in values])


def int8s(values: Iterable[int]) -> bytes:
    """A `bigint[]`."""
    return array(INT8_OID, [INT8(value) for value in values])


def elements(value: bytes | None, read: Callable[[bytes], Value]) -> list[Value | None]:
    """The elements of a one-dimensional array; empty for NULL and for an empty one."""
    if value is None or len(value) < _HEADER.size:
        return []
    count = _HEADER.unpack_from(value)[3]
    found: list[Value | None] = []
    at = _HEADER.size
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(value, at)
        at += _LENGTH.size
        if length < 0:
            found.append(None)
            continue
        found.append(read(value[at : at + length]))
        at += length
    return found


def read_text(value: bytes) -> str:
    """A `text`."""
    return value.decode()


def read_int8(value: bytes) -> int:
    """A `bigint`."""
    return int.from_bytes(value, "big", signed=True)


def read_uuid(value: bytes) -> UUID:
    """A `uuid`."""
    return UUID(bytes=value)
