"""Who may come in: the one guard that stands before every route."""

import re
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from application.actor import Forbidden
from infrastructure.identity.tokens import TokenRefused
from infrastructure.secret import Secret
from interfaces.http import moments
from interfaces.http.problems import BadRequest
from interfaces.parts import Web

PORT_PATTERN = re.compile(r":\d*$")


async def admitted(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """The guard of every route. It is one, and asynchronous: Litestar copies the handler for each
    guard, and would run one that is not in a thread.

    Raises:
        BadRequest: another host is meant, or a moment that the route does not read.
        TokenRefused: there is no valid access token, it is from before a restore, or its person
            was erased.
        Forbidden: an access token is no administrator's.
    """
    web: Web = connection.app.state.web
    _addressed_here(connection, web)
    if not handler.opt.get("public"):
        await _authenticated(connection, handler, web)
    moments.present_alone(connection, handler)


def _addressed_here(connection: ASGIConnection[Any, Any, Any, Any], web: Web) -> None:
    """The `Host` is one of those that are trusted, where any are named.

    A trusted name may begin with `*.` for all names under it. The port does not matter.
    """
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


async def _authenticated(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler, web: Web
) -> None:
    """Routes marked `admin` are the platform's, all others take an access token."""
    token = _bearer(connection)
    if token is None:
        raise TokenRefused
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
