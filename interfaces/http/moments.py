"""`as_of`: which moment of the tenant's log a request reads."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Meta

from domain.ids import Position, TenantId
from interfaces.http.answers import Cursor
from interfaces.http.problems import BadRequest
from interfaces.parts import Web

HEADER = "X-As-Of-Position"

AsOf = Annotated[
    str | None,
    QueryParameter(description="Read as of this position of the log, or this time (RFC 3339)."),
]

Time = Annotated[datetime, Meta(tz=True)]


def present_alone(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """What a route answers that is not marked `as_of` for its query is the present.

    Raises:
        BadRequest: another moment is asked for in the query.
    """
    if "as_of" in connection.query_params and handler.opt.get("as_of") != "query":
        raise BadRequest(
            422,
            "as-of-unsupported",
            "This address takes no as_of in its query. Documents and knowledge bases do; search "
            "and questions take it in the body.",
        )


async def asked(
    web: Web, tenant_id: TenantId, as_of: int | str | None, cursor: Cursor | None = None
) -> Position | None:
    """The position that is to be read; None for the present.

    A cursor goes on at the moment that its list began at.

    Raises:
        BadRequest: no moment, one that the log has not come to, or another than the cursor's.
    """
    on = cursor.as_of if cursor is not None else None
    position = await _found(web, tenant_id, on if as_of is None else as_of)
    if cursor is not None and cursor.is_given and position != on:
        raise BadRequest(
            422, "cursor-invalid", "The cursor is of another moment: send it without as_of."
        )
    return position


def told(position: Position | None) -> dict[str, str]:
    """The header of an answer as of a moment."""
    return {} if position is None else {HEADER: str(position)}


async def _found(web: Web, tenant_id: TenantId, as_of: int | str | None) -> Position | None:
    if as_of is None:
        return None
    moment = _read(as_of)
    now = await web.past.now(tenant_id)
    if isinstance(moment, datetime):
        if moment > now.time:
            raise BadRequest(422, "as-of-not-yet", f"It is {now.time.isoformat()} now.")
        return await web.past.position_at(tenant_id, moment, head=now.head)
    if moment > now.head:
        raise BadRequest(422, "as-of-not-yet", f"The log ends at position {now.head}.")
    return Position(moment)


def _read(as_of: int | str) -> int | datetime:
    """A position or a time, as it was given."""
    if isinstance(as_of, int) and as_of >= 0:
        return as_of
    if isinstance(as_of, str):
        if as_of.isascii() and as_of.isdigit() and len(as_of) <= 18:  # noqa: PLR2004 - a bigint
            return int(as_of)
        try:
            return msgspec.convert(as_of, Time)
        except msgspec.ValidationError:
            pass
    raise BadRequest(
        422,
        "as-of-invalid",
        "as_of is a position, such as 17, or a time with its zone, such as 2026-11-20T09:30:00Z. "
        "In an address, + is written %2B.",
    )
