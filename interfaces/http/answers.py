"""What the API answers with, and how a page of a list ends."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from application.recorded import Recorded
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


def page(found: Sequence[PositionedItem], limit: int) -> Page[PositionedItem]:
    """The first `limit` of `found`, which holds one more where the list goes on."""
    items = found[:limit]
    more = len(found) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].position) if more else None)


def encode_cursor(position: int) -> str:
    """An opaque cursor for everything before `position`."""
    return base64.urlsafe_b64encode(position.to_bytes(8)).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int:
    """The position that a cursor stands for; one after every real one where there is none.

    Raises:
        BadRequest: it is not one of ours.
    """
    if cursor is None:
        return NEWEST
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    position = int.from_bytes(raw) if len(raw) == 8 else 0  # noqa: PLR2004 - bytes of a bigint
    if not 0 < position <= NEWEST:
        raise BadRequest(422, "cursor-invalid", "Use next_cursor of an earlier answer as it is.")
    return position
