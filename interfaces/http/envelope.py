"""Around every request: an id, the security headers, one line in the log."""

import random
import re
import time
from urllib.parse import quote
from uuid import UUID

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

PATH_CHARACTERS = "/:@!$&'()*+,;=~"  # RFC 3986, section 3.3; all others stand encoded in the log
REQUEST_ID_PATTERN = re.compile(rb"[A-Za-z0-9-]{8,64}")

# OWASP REST Security Cheat Sheet, "Security Headers".
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

log = structlog.get_logger(__name__)


class Envelope:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on whatever is not HTTP."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                present = {name.lower() for name, _ in headers}
                headers.append((b"x-request-id", request_id.encode()))
                headers += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            log.info(
                "http.request",
                method=scope["method"],
                path=quote(scope["path"], safe=PATH_CHARACTERS),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name.lower() == b"x-request-id" and REQUEST_ID_PATTERN.fullmatch(value):
            return value.decode()
    bits = random.getrandbits(128)  # not of the system: no secret hangs on it
    return str(UUID(int=bits, version=4))
