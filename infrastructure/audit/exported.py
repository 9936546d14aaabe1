"""An event as every format of an export gives it out, and the texts its values become."""

import base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import msgspec

from infrastructure.event_log import moments
from infrastructure.event_log.seals import Seal

_UNIX = moments.microseconds(datetime(1970, 1, 1, tzinfo=UTC))
_SECOND = 1_000_000
_decode = msgspec.json.Decoder().decode


class LogRow(NamedTuple):
    """One event as it is read to be given out: ids as texts, texts as UTF-8, the digest as hex."""

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


class Exported(NamedTuple):
    """One event with what proves it."""

    row: LogRow
    digest_before: bytes
    """Of the event before, on which this one's digest builds; in hexadecimal."""
    seal: Seal | None
    withheld: bool
    """Whether `data` is left out, for it holds what the reader may not see."""
    personal: bytes | None
    """What is personal in it, in clear: a JSON object. No digest covers it."""


def time_text(count: int) -> str:
    """A time of the log in UTC: RFC 3339 with six digits of a second."""
    seconds, rest = divmod(count, _SECOND)
    return f"{_second(seconds)}.{rest:06d}Z"


def unix_milliseconds(count: int) -> int:
    """A time of the log since 1970."""
    return (count - _UNIX) // 1000


def is_object(octets: bytes) -> bool:
    """Whether the bytes are one JSON object on one line, so that they can stand in a file as is."""
    if octets[:1] != b"{" or octets[-1:] != b"}" or b"\n" in octets or b"\r" in octets:
        return False
    try:
        _decode(octets)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def is_text(octets: bytes) -> bool:
    """Whether the bytes are text that any reader of a table takes."""
    try:
        return "\0" not in octets.decode()
    except UnicodeDecodeError:
        return False


def base64_text(octets: bytes) -> str:
    """RFC 4648, section 4."""
    return base64.b64encode(octets).decode()


@lru_cache(maxsize=64)
def _second(count: int) -> str:
    moment = moments.EPOCH + timedelta(seconds=count)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
