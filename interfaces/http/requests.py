"""What a handler needs to know of a request: the body, who acts, why, and how fresh to read."""

import json
import re
from typing import Any
from uuid import UUID, uuid5

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from application.actor import Actor, Cause, Forbidden
from domain.ids import PLATFORM, CommandId, Position, TenantId, Version
from infrastructure.identity.tokens import Claims, TokenRefused
from infrastructure.secret import Secret
from interfaces.bootstrap import Web
from interfaces.http.problems import BadRequest
from projections.engine import waiting
from projections.engine.projection import Projection

REQUESTS = UUID("6d756e69-6d65-4e74-8a6f-720000000000")  # the namespace of correlation ids
WAIT_MS_DEFAULT = 2000
WAIT_MS_MAX = 30_000
POSITION_HEADER = "X-Event-Position"
ETAG_PATTERN = re.compile(r"""(?:W/)?("?)(?P<number>[0-9]{1,18})\1""")
PORT_PATTERN = re.compile(r":\d*$")


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


def addressed_here(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """A guard for every route: the `Host` is one of those that are trusted, where any are named.

    A trusted name may begin with `*.` for all names under it. The port does not matter.

    Raises:
        BadRequest: another host is meant.
    """
    web: Web = connection.app.state.web
    if not web.settings.trusted_hosts:
        return
    host = PORT_PATTERN.sub("", connection.headers.get("host", "")).lower()
    for trusted in web.settings.trusted_hosts:
        name = trusted.lower()
        if name in ("*", host) or (name.startswith("*.") and host.endswith(name[1:])):
            return
    raise BadRequest(400, "host-not-trusted", "This server does not answer for that host.")


def is_administrator(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether the administrators' token came with the request."""
    web: Web = connection.app.state.web
    return _is_administrators(web, _bearer(connection) or "")


async def authenticated(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A guard for every route that is not marked `public`; those marked `admin` are the platform's.

    Raises:
        TokenRefused: there is no valid access token, it is from before a restore, or its person
            was erased.
        Forbidden: an access token is no administrator's.
    """
    if handler.opt.get("public"):
        return
    token = _bearer(connection)
    if token is None:
        raise TokenRefused
    web: Web = connection.app.state.web
    if handler.opt.get("admin") and _is_administrators(web, token):
        return
    claims = web.tokens.read(token, "access")
    if handler.opt.get("admin"):
        raise Forbidden
    await web.epoch.check(claims)
    if await web.erased.include(claims.tenant_id, claims.user_id):
        raise TokenRefused
    connection.state.claims = claims


def _bearer(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The one bearer token of the request, if there is one."""
    given = connection.headers.getall("authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_administrators(web: Web, token: str) -> bool:
    """Whether it is the administrators' token, in a time that doesn't tell how much of it fits."""
    return web.settings.admin_token is not None and Secret(token) == web.settings.admin_token


def provide_web(request: Request[Any, Any, Any]) -> Web:
    """Everything wired at the start."""
    web: Web = request.app.state.web
    return web


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """Who acts, by the access token that the guard has checked."""
    claims: Claims = request.state.claims
    return Actor(
        tenant_id=TenantId(claims.tenant_id),
        name=f"user:{claims.user_id}",
        role=claims.role,
        user_id=claims.user_id,
        session_id=claims.session_id,
        cause=cause_of(request),
    )


def provide_administrator(request: Request[Any, Any, Any]) -> Actor:
    """Whoever holds the administrators' token, which the guard has checked."""
    return Actor(
        tenant_id=PLATFORM, name="platform:admin", role="platform", cause=cause_of(request)
    )


def cause_of(request: Request[Any, Any, Any]) -> Cause:
    """This request, with a new command id."""
    web: Web = request.app.state.web
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
    await waiting.until(web.database, tenant_id, models, position, wait_seconds=seconds)


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
