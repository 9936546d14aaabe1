"""What a handler needs to know of a request: the body, who acts, why, and how fresh to read."""

import json
import re
from typing import Any
from uuid import UUID, uuid5

import msgspec
from litestar import Request
from litestar.di import NamedDependency

from application.actor import Actor, Cause
from domain.ids import PLATFORM, CommandId, Position, TenantId, Version
from infrastructure.identity.tokens import Claims
from interfaces.http.problems import BadRequest
from interfaces.parts import Web
from projections.engine import waiting
from projections.engine.projection import Projection

REQUESTS = UUID("6d756e69-6d65-4e74-8a6f-720000000000")  # the namespace of correlation ids
WAIT_MS_DEFAULT = 2000
WAIT_MS_MAX = 30_000
POSITION_HEADER = "X-Event-Position"
ETAG_PATTERN = re.compile(r"""(?:W/)?("?)(?P<number>[0-9]{1,18})\1""")


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is refused for what it is when it can't be read."""

    async def json(self) -> Any:
        """The decoded body; 415 for another media type, 400 for what is not JSON.

        A name that stands twice in an object is refused too (RFC 7493, section 2.3): readers
        differ in which of its values they take.
        """
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise BadRequest(
                415, "unsupported-media-type", "Send the body as application/json, please."
            )
        try:
            body = await self.body()
            decoded = msgspec.json.decode(body)
            json.loads(body, object_pairs_hook=_refuse_repeated_names)
        except RecursionError as error:
            raise BadRequest(400, "malformed-json", "The JSON is nested too deep.") from error
        except (ValueError, msgspec.DecodeError) as error:
            raise BadRequest(400, "malformed-json", f"The body is not JSON: {error}") from error
        return decoded


def _refuse_repeated_names(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice in an object")


def provide_web(request: Request[Any, Any, Any]) -> Web:
    """Everything wired at the start."""
    web: Web = request.app.state.web
    return web


def provide_actor(request: Request[Any, Any, Any], web: NamedDependency[Web]) -> Actor:
    """Who acts, by the access token that the guard has checked.

    It names `web`, so that the two are provided one after the other, without a task for each.
    """
    claims: Claims = request.state.claims
    return Actor(
        tenant_id=TenantId(claims.tenant_id),
        name=f"user:{claims.user_id}",
        role=claims.role,
        user_id=claims.user_id,
        session_id=claims.session_id,
        cause=cause_of(request, web),
    )


def provide_administrator(request: Request[Any, Any, Any], web: NamedDependency[Web]) -> Actor:
    """Whoever holds the administrators' token, which the guard has checked."""
    return Actor(
        tenant_id=PLATFORM, name="platform:admin", role="platform", cause=cause_of(request, web)
    )


def cause_of(request: Request[Any, Any, Any], web: Web) -> Cause:
    """This request, with a new command id."""
    request_id = request.scope["state"]["request_id"]
    return Cause(
        command_id=CommandId(web.ports.ids.new()),
        correlation_id=uuid5(REQUESTS, request_id),
        request_id=request_id,
    )


async def fresh(
    request: Request[Any, Any, Any], web: Web, tenant_id: TenantId, *models: type[Projection]
) -> None:
    """Wait until the read models have what the caller asks for by `X-Wait-For-Position`.

    Raises:
        ProjectionBehind: they have not within `wait_ms`.
    """
    wanted = request.headers.get("x-wait-for-position")
    if wanted is None:
        return
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 18:  # noqa: PLR2004 - a bigint
        raise BadRequest(400, "position-invalid", "X-Wait-For-Position is a whole number.")
    await wait(request, web, tenant_id, Position(int(wanted)), *models)


async def wait(
    request: Request[Any, Any, Any],
    web: Web,
    tenant_id: TenantId,
    position: Position,
    *models: type[Projection],
) -> None:
    """Wait until the read models have a position, for as long as the caller says by `wait_ms`.

    Raises:
        ProjectionBehind: they have not by then.
    """
    given = request.query_params.get("wait_ms", str(WAIT_MS_DEFAULT))
    if not given.isascii() or not given.isdigit() or len(given) > 6:  # noqa: PLR2004 - at most 30000
        raise BadRequest(400, "wait-invalid", "wait_ms is a whole number of milliseconds.")
    seconds = min(int(given), WAIT_MS_MAX) / 1000
    await waiting.until(
        web.database, web.notices, tenant_id, models, position, wait_seconds=seconds
    )


def expected_version(request: Request[Any, Any, Any]) -> Version | None:
    """The version that `If-Match` names; None for `*`.

    Raises:
        BadRequest: 428 without the header, 412 for anything that can't be a version of ours.
    """
    given = request.headers.get("if-match")
    if given is None:
        raise BadRequest(
            428, "precondition-required", "Send If-Match with the ETag you read, or *."
        )
    if given.strip() == "*":
        return None
    version = ETAG_PATTERN.fullmatch(given.strip())
    if version is None:
        raise BadRequest(412, "stale", "The resource has changed since this ETag.")
    return Version(int(version["number"]))
