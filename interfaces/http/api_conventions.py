"""What holds for many operations alike, said once and added to the description of each."""

from collections.abc import Mapping
from typing import Any

from interfaces.http import idempotency, requests
from interfaces.http.problems import MEDIA_TYPE

Json = dict[str, Any]

STATUS_WORDS = {
    "200": "Done.",
    "201": "Created.",
    "202": "Kept; its processing follows.",
    "204": "Done; nothing more to say.",
}

_PROBLEMS = {
    "401": "The access token is missing, wrong or over.",
    "403": "The role does not have this right.",
    "404": "There is no such thing, or it is another tenant's.",
    "412": "It has changed since the ETag in `If-Match`.",
    "413": "The body is larger than this server takes.",
    "415": "The body is of another media type.",
    "422": "A value is not right; `errors` points to it.",
    "428": "`If-Match` is missing.",
    "503": "The read model is behind `X-Wait-For-Position`, or the database can't be reached.",
    "default": "Any other problem.",
}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key, a request is done once and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.KEY_LENGTH_MAX},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The `ETag` last read, or `*` for whatever it has become.",
    "schema": {"type": "string", "examples": ['"7"']},
}
_WAIT_FOR_POSITION = {
    "name": "X-Wait-For-Position",
    "in": "header",
    "required": False,
    "description": "Read no earlier state than this position, of an `X-Event-Position` before.",
    "schema": {"type": "integer", "minimum": 0},
}
_WAIT_MS = {
    "name": "wait_ms",
    "in": "query",
    "required": False,
    "description": "How long to wait for that position, in milliseconds.",
    "schema": {
        "type": "integer",
        "minimum": 0,
        "maximum": requests.WAIT_MS_MAX,
        "default": requests.WAIT_MS_DEFAULT,
    },
}
_EVENT_POSITION = {
    "description": "Where the tenant's log now ends for this caller: read from here on.",
    "schema": {"type": "integer", "minimum": 1},
}
_AS_OF_POSITION = {
    "description": "The position of the log that this is as of.",
    "schema": {"type": "integer", "minimum": 0},
}
_ETAG = {
    "description": "The version, for `If-Match`.",
    "schema": {"type": "string", "examples": ['"7"']},
}


def apply(operation: Json, method: str, path: str, opt: Mapping[str, Any]) -> None:
    """Complete one operation in place.

    Args:
        opt: the route's options: `public` where no token is needed, `reads` for a POST that
            changes nothing, `waits` for one that reads before it writes, `admin` where the
            administrators' token is needed, `as_of` for one that reads the past too: in its
            `query` or its `body` it takes the moment.
    """
    public = bool(opt.get("public"))
    reads = method == "GET" or bool(opt.get("reads"))
    admin = bool(opt.get("admin"))
    waits = not public and not admin and (reads or bool(opt.get("waits")))
    creates = not operation["responses"].keys().isdisjoint({"201", "202"})
    keyed = method == "POST" and (creates or admin)
    # What is set or taken out within a resource is the same however often it is done.
    conditional = method in ("PUT", "PATCH", "DELETE") and path.endswith("_id}")
    if public:
        operation["security"] = []
    if admin:
        operation["security"] = [{"administrator": []}]
    operation["parameters"] = [
        *_without_noise(operation.get("parameters", [])),
        *([_IDEMPOTENCY_KEY] if keyed else []),
        *([_IF_MATCH] if conditional else []),
        *([_WAIT_FOR_POSITION, _WAIT_MS] if waits else []),
    ]
    for answer in operation["responses"].values():
        if not reads:
            answer["headers"] = {"X-Event-Position": _EVENT_POSITION}
        elif method == "GET" and path.endswith("}"):
            answer["headers"] = {"ETag": _ETAG}
        if opt.get("as_of"):
            answer.setdefault("headers", {})["X-As-Of-Position"] = _AS_OF_POSITION
    operation.pop("deprecated", None)
    for status in _statuses(operation, path, public=public, conditional=conditional):
        operation["responses"][status] = _problem(status)


def _statuses(operation: Json, path: str, *, public: bool, conditional: bool) -> list[str]:
    body = "requestBody" in operation
    asked = {
        "401": not public,
        "403": not public,
        "404": "{" in path,
        "412": conditional,
        "413": body,
        "415": body,
        "422": body or bool(operation["parameters"]),
        "428": conditional,
        "503": True,
        "default": True,
    }
    return [status for status, applies in asked.items() if applies]


def _problem(status: str) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _PROBLEMS[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _without_noise(parameters: list[Json]) -> list[Json]:
    """A flag that is false is the same as none, but for `required`."""
    return [
        {name: value for name, value in given.items() if value is not False or name == "required"}
        for given in parameters
    ]
