"""Errors as RFC 9457 problems: the one table from what went wrong to a status.

A problem's type is derived from the class of the error: `DocumentTitleInvalid` becomes
`urn:muniment:problem:document-title-invalid`.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import litestar.exceptions
import msgspec
import psycopg
import psycopg_pool
import structlog
from litestar import Request, Response

from application.actor import Forbidden
from application.deciding import Stale
from application.documents.analysis import Unextractable
from application.logins.handlers import LoginRefused
from application.recorded import CommandReused, Overloaded, VersionConflict
from domain.event import Conflict, Invalid, NotFound, RuleBroken
from domain.logins.login import OwnerRequired
from domain.logins.session import SessionOver
from infrastructure.audit.desk import TooManyChecks
from infrastructure.audit.log_check import LinkChanged
from infrastructure.audit.parquet import FormatUnavailable
from infrastructure.audit.slots import TooManyExports
from infrastructure.identity.tokens import TokenRefused
from projections.engine.past import TooMuchHistory
from projections.engine.waiting import ProjectionBehind

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:muniment:problem:"
RETRY_AFTER_SECONDS = "1"

STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (LoginRefused, 401),
    (SessionOver, 401),
    (TokenRefused, 401),
    (Forbidden, 403),
    (OwnerRequired, 403),
    (NotFound, 404),
    (Stale, 412),
    (Conflict, 409),
    (VersionConflict, 409),
    (CommandReused, 422),
    (Invalid, 422),
    (Unextractable, 422),
    (TooManyExports, 429),
    (TooManyChecks, 429),
    (LinkChanged, 409),
    (FormatUnavailable, 422),
    (TooMuchHistory, 422),
    (Overloaded, 503),
    (ProjectionBehind, 503),
)
UNAVAILABLE = (psycopg.OperationalError, psycopg_pool.PoolTimeout)
LOST = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
)

log = structlog.get_logger(__name__)


class Pointed(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the request: a JSON pointer (RFC 6901) and what is the matter there."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error answer."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: tuple[Pointed, ...] = ()
    error_id: str | None = None
    reason: str | None = None


class BadRequest(Exception):  # noqa: N818 - a problem of its own
    """A request that can't be read, with the status and the name of its problem."""

    def __init__(
        self, status: int, name: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.headers = dict(headers or {})


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to an error; what is not foreseen is logged under an id and tells nothing."""
    if isinstance(error, BadRequest):
        return _respond(request, error.status, error.name, str(error), headers=error.headers)
    if isinstance(error, UNAVAILABLE):
        log.warning("database.unavailable", reason=type(error).__name__)
        return _respond(
            request, 503, "unavailable", "The database can't be reached; please try again."
        )
    if isinstance(error, LOST):
        log.error("read_model.lost", exc_info=error)
        return _respond(
            request,
            503,
            "read-model-lost",
            "What this is read from is being built anew; please try again.",
        )
    if isinstance(error, litestar.exceptions.ValidationException):
        return _invalid(request, error)
    if isinstance(error, litestar.exceptions.HTTPException) and error.status_code < 500:  # noqa: PLR2004 - HTTP
        plain = type(error) is litestar.exceptions.ClientException
        name = "BadRequest" if plain else re.sub(r"Exception$", "", type(error).__name__)
        detail = _HTTP_DETAILS.get(error.status_code, error.detail)
        return _respond(
            request, error.status_code, _kebab(name), detail, headers=error.headers or {}
        )
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return _known(request, error, status)
    return _unforeseen(request, error)


_HTTP_DETAILS = {
    404: "There is nothing here.",
    405: "This method is not for this address.",
    413: "The request is larger than this server takes.",
}


def _known(request: Request[Any, Any, Any], error: Exception, status: int) -> Response[Problem]:
    name, detail, reason = _kebab(type(error).__name__), str(error), None
    if isinstance(error, Unextractable):
        detail, reason = error.detail, error.reason
    elif not isinstance(error, RuleBroken | ProjectionBehind):
        detail = (type(error).__doc__ or "").split("\n", maxsplit=1)[0]
    if isinstance(error, TokenRefused):
        name = "unauthorized"
    return _respond(request, status, name, detail, reason=reason)


def _invalid(
    request: Request[Any, Any, Any], error: litestar.exceptions.ValidationException
) -> Response[Problem]:
    faults = error.extra if isinstance(error.extra, list) else []
    errors = tuple(_pointed(fault) for fault in faults if isinstance(fault, dict))
    return _respond(
        request, 422, "invalid-request", "A value of the request is not right.", errors=errors
    )


def _pointed(fault: Mapping[str, Any]) -> Pointed:
    key, message = str(fault.get("key", "")), str(fault.get("message", ""))
    parts = [] if key == "data" else key.split(".")
    named = re.search(r"(?:required|unknown) field `(.*)`", message, re.DOTALL)
    if named:
        parts = [*parts, named[1]]
    if message == "'data'":
        message = "A JSON body is expected"
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    return Pointed(pointer=pointer, detail=message)


def _unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    error_id = str(uuid4())
    log.error("http.unforeseen", error_id=error_id, exc_info=error)
    return _respond(
        request,
        500,
        "internal-error",
        "Something went wrong here; the error id finds it in the log.",
        error_id=error_id,
    )


def _respond(
    request: Request[Any, Any, Any],
    status: int,
    name: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: tuple[Pointed, ...] = (),
    error_id: str | None = None,
    reason: str | None = None,
) -> Response[Problem]:
    problem = Problem(
        type=TYPE_PREFIX + name,
        title=name.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        request_id=request.scope.get("state", {}).get("request_id", ""),
        errors=errors,
        error_id=error_id,
        reason=reason,
    )
    extra = dict(headers or {})
    if status in (429, 503):
        extra["Retry-After"] = RETRY_AFTER_SECONDS
    if status == 401:  # noqa: PLR2004 - HTTP
        extra["WWW-Authenticate"] = "Bearer"
    return Response(problem, status_code=status, media_type=MEDIA_TYPE, headers=extra)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
