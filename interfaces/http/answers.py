"""What the API answers with, and how a page of a list ends."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from application.recorded import Recorded
from domain.ids import Position
from interfaces.http.problems import BadRequest
from interfaces.http.requests import POSITION_HEADER

Item = TypeVar("Item")

NEWEST = 2**62
"""A position after every real one: where the first page begins."""

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
"""How many items of a list are wanted at most."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: the id of what it wrote, and the position to read from."""

    id: UUID
    position: int


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """Part of a list. `next_cursor` leads on; null at the end."""

    items: Sequence[Item]
    next_cursor: str | None


def accepted(recorded: Recorded, *, status: int) -> Response[Accepted]:
    """The answer to a command."""
    return Response(
        Accepted(id=recorded.id, position=recorded.position),
        status_code=status,
        headers=written(recorded),
    )


def done(recorded: Recorded) -> Response[None]:
    """The answer to a command that leaves nothing to say."""
    return Response(None, status_code=204, headers=written(recorded))


def written(recorded: Recorded) -> dict[str, str]:
    """The headers of every answer to a write."""
    return {POSITION_HEADER: str(recorded.position)}


def etag(version: int) -> dict[str, str]:
    """The header by which `If-Match` names a version."""
    return {"ETag": f'"{version}"'}


class Positioned(Protocol):
    """An item of a list that is ordered by position."""

    @property
    def position(self) -> int:
        """Where it entered the log."""
        ...


PositionedItem = TypeVar("PositionedItem", bound=Positioned)


class Cursor(NamedTuple):
    """Where a page begins: before a position, in the list as of a moment or as it is."""

    before: int = NEWEST
    as_of: Position | None = None

    @property
    def is_given(self) -> bool:
        """Whether this is not the first page."""
        return self.before < NEWEST


def page(
    found: Sequence[PositionedItem], limit: int, *, as_of: Position | None = None
) -> Page[PositionedItem]:
    """The first `limit` of `found`, which holds one more where the list goes on."""
    items = found[:limit]
    more = len(found) > limit
    cursor = encode_cursor(items[-1].position, as_of=as_of) if more else None
    return Page(items=items, next_cursor=cursor)


def encode_cursor(position: int, *, as_of: Position | None = None) -> str:
    """An opaque cursor for everything before `position`, in the list as of a moment if named."""
    moment = b"" if as_of is None else as_of.to_bytes(8)
    return base64.urlsafe_b64encode(position.to_bytes(8) + moment).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int:
    """The position that a cursor stands for; one after every real one where there is none.

    Raises:
        BadRequest: it is not one of ours, or of a list as of a moment.
    """
    before, as_of = read_cursor(cursor)
    if as_of is not None:
        raise _not_ours()
    return before


def read_cursor(cursor: str | None) -> Cursor:
    """What a cursor stands for; the first page where there is none.

    Raises:
        BadRequest: it is not one of ours.
    """
    if cursor is None:
        return Cursor()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    before, moment = int.from_bytes(raw[:8]), raw[8:]
    if len(raw) not in (8, 16) or not 0 < before < NEWEST or int.from_bytes(moment) > NEWEST:
        raise _not_ours()
    return Cursor(before, Position(int.from_bytes(moment)) if moment else None)


def _not_ours() -> BadRequest:
    return BadRequest(422, "cursor-invalid", "Use next_cursor of an earlier answer as it is.")
