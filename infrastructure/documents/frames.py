"""What parent and parser child say to each other: msgpack after a length of four bytes."""

from typing import BinaryIO

import msgspec

_LENGTH_BYTES = 4
_REQUEST_BYTES_MAX = (1 << 32) - 1
_ANSWER_BYTES_MAX = 64 << 20
"""Above any text of one document; a child out of control must not fill its parent."""


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Extract the text of `data`, using at most `cpu_seconds` of processor time."""

    data: bytes
    media_type: str
    cpu_seconds: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The child has started and loaded what it needs."""


class Extracted(msgspec.Struct, frozen=True, tag=True):
    """The text, as in `Extraction`."""

    text: str
    media_type: str
    pages: int | None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """No text, for the reasons of `Unextractable`."""

    reason: str
    detail: str


Answer = Ready | Extracted | Refused


class Closed(Exception):  # noqa: N818 - named for what happened
    """The other side is gone or out of step: no whole frame could be read."""


_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def write(stream: BinaryIO, message: Request | Answer) -> None:
    """Write one frame and flush it."""
    payload = _encoder.encode(message)
    stream.write(len(payload).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(payload)
    stream.flush()


def read_request(stream: BinaryIO) -> Request:
    """Wait for the next request.

    Raises:
        Closed: the parent is gone.
    """
    return _requests.decode(_frame(stream, _REQUEST_BYTES_MAX))


def read_answer(stream: BinaryIO) -> Answer:
    """Wait for the next answer.

    Raises:
        Closed: the child is gone, or writes what is no answer.
    """
    try:
        return _answers.decode(_frame(stream, _ANSWER_BYTES_MAX))
    except msgspec.DecodeError as error:
        raise Closed from error


def _frame(stream: BinaryIO, bytes_max: int) -> bytes:
    head = stream.read(_LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    if len(head) < _LENGTH_BYTES or length > bytes_max:
        raise Closed
    payload = stream.read(length)
    if len(payload) < length:
        raise Closed
    return payload
