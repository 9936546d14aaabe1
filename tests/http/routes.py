"""Every route of the application, with what a request to it has to hold.

`test_routes.py` fails when a route is missing here, so the suites that go through the table go
through all there is.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

V1 = "/api/v1"
PLATFORM = "6d756e69-6d65-4e74-8000-706c6174666d"
NOBODYS = "00000000-0000-4000-8000-000000000000"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path. `{id}` in the path or in a value stands for an object's id."""

    method: str
    path: str
    needs: Literal[
        "nothing", "a login", "the right to write", "the right to manage", "the platform"
    ] = "a login"
    of: Literal["document", "knowledge base", "watchlist", "user"] | None = None
    """What the `{id}` is, where there is one."""
    body: dict[str, Any] | None = None
    query: str = ""
    headers: dict[str, str] = {}
    reads_own_writes: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f" by its {self.of}" if self.by_value else "")

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, but for a receipt."""
        return self.method == "GET" or self.reads_own_writes

    @property
    def by_value(self) -> bool:
        """Whether the id stands in the body or the query, not in the path."""
        return self.of is not None and "{id}" not in self.path

    def address(self, object_id: object = NOBODYS) -> str:
        """The path about one object; about none that is there, unless it is given."""
        return self.path.replace("{id}", str(object_id))

    def request(self, object_id: object = "") -> dict[str, Any]:
        """The arguments of `Client.request`, about one object."""
        made: dict[str, Any] = {
            "method": self.method,
            "url": self.address(object_id) + self.query.replace("{id}", str(object_id)),
            "headers": dict(self.headers),
        }
        if self.body is not None:
            text = msgspec.json.encode(self.body).decode().replace("{id}", str(object_id))
            made["content"] = text
            made["headers"]["Content-Type"] = "application/json"
        return made


_TENANT = {"name": "One", "slug": "-", "owner": {"email": "-", "password": "Correct-Horse-7"}}
_LOG_IN = {"email": "nobody@example.org", "password": "Correct-Horse-7", "tenant": "nowhere"}
_DOCUMENT = {"title": "Retention policy", "text": "Invoices are kept for ten years."}
_SEARCH = {"query": "How long are invoices kept?", "limit": 5, "mode": "hybrid"}
_QUESTION = {"query": "How long are invoices kept?", "limit": 5}
_ANY = {"If-Match": "*"}

ROUTES = (
    Route(method="GET", path="/health/live", needs="nothing"),
    Route(method="GET", path="/health/ready", needs="nothing"),
    Route(method="GET", path="/.well-known/muniment-seal-keys", needs="nothing"),
    Route(method="POST", path=f"{V1}/tenants", needs="nothing", body=_TENANT),
    Route(method="GET", path=f"{V1}/tenant", reads_own_writes=True),
    Route(method="POST", path=f"{V1}/auth/login", needs="nothing", body=_LOG_IN),
    Route(
        method="POST", path=f"{V1}/auth/refresh", needs="nothing", body={"refresh_token": "none"}
    ),
    Route(method="POST", path=f"{V1}/auth/logout"),
    Route(method="GET", path=f"{V1}/auth/me", reads_own_writes=True),
    Route(
        method="POST",
        path=f"{V1}/knowledge-bases",
        needs="the right to write",
        body={"name": "Contracts", "description": "Signed since 2019"},
    ),
    Route(method="GET", path=f"{V1}/knowledge-bases", reads_own_writes=True),
    Route(
        method="GET",
        path=f"{V1}/knowledge-bases/{{id}}",
        of="knowledge base",
        reads_own_writes=True,
    ),
    Route(
        method="POST",
        path=f"{V1}/documents",
        needs="the right to write",
        of="knowledge base",
        body={**_DOCUMENT, "knowledge_base_id": "{id}"},
    ),
    Route(
        method="GET",
        path=f"{V1}/documents",
        of="knowledge base",
        query="?knowledge_base_id={id}",
        reads_own_writes=True,
    ),
    *(
        Route(
            method="GET",
            path=f"{V1}/documents/{{id}}{part}",
            of="document",
            reads_own_writes=part != "/history",
        )
        for part in ("", "/status", "/history", "/content", "/text")
    ),
    Route(
        method="DELETE",
        path=f"{V1}/documents/{{id}}",
        needs="the right to write",
        of="document",
        headers=_ANY,
    ),
    Route(
        method="POST",
        path=f"{V1}/documents/{{id}}/stages/INGESTION/retry",
        needs="the right to write",
        of="document",
    ),
    Route(
        method="POST",
        path=f"{V1}/search",
        of="knowledge base",
        body={**_SEARCH, "knowledge_base_id": "{id}"},
        reads_own_writes=True,
    ),
    Route(
        method="POST",
        path=f"{V1}/rag/query",
        of="knowledge base",
        body={**_QUESTION, "knowledge_base_id": "{id}"},
        reads_own_writes=True,
    ),
    Route(method="POST", path=f"{V1}/watchlists", body={"name": "Banks"}),
    Route(method="GET", path=f"{V1}/watchlists", reads_own_writes=True),
    Route(method="GET", path=f"{V1}/watchlists/{{id}}", of="watchlist", reads_own_writes=True),
    Route(
        method="PATCH",
        path=f"{V1}/watchlists/{{id}}",
        of="watchlist",
        body={"name": "Shipping"},
        headers=_ANY,
    ),
    Route(method="DELETE", path=f"{V1}/watchlists/{{id}}", of="watchlist", headers=_ANY),
    Route(method="PUT", path=f"{V1}/watchlists/{{id}}/tickers/2330", of="watchlist"),
    Route(method="DELETE", path=f"{V1}/watchlists/{{id}}/tickers/2330", of="watchlist"),
    Route(method="GET", path=f"{V1}/audit/events"),
    Route(method="GET", path=f"{V1}/audit/verify"),
    Route(method="GET", path=f"{V1}/audit/export"),
)
_MANAGING = Route(method="GET", path=f"{V1}/users", needs="the right to manage")
_USER = {"email": "ben@example.org", "password": "Correct-Horse-8", "role": "editor"}
ROUTES += (
    msgspec.structs.replace(_MANAGING, reads_own_writes=True),
    msgspec.structs.replace(_MANAGING, path=f"{V1}/users/{{id}}", of="user", reads_own_writes=True),
    msgspec.structs.replace(_MANAGING, method="POST", body=_USER),
    msgspec.structs.replace(
        _MANAGING, method="DELETE", path=f"{V1}/users/{{id}}", of="user", headers=_ANY
    ),
)
_PROJECTION = f"{V1}/admin/projections/nothing"  # so that nobody pauses one by the way
_DEAD_LETTER = f"{V1}/admin/dead-letters/{NOBODYS}"
ROUTES += tuple(
    Route(method=method, path=path, needs="the platform", body=body)
    for method, path, body in (
        ("GET", f"{V1}/admin/projections", None),
        ("GET", f"{V1}/admin/tenants/{PLATFORM}/projections", None),
        ("GET", "/metrics", None),
        ("POST", f"{_PROJECTION}/rebuild", {"tenant_id": None}),
        ("POST", f"{_PROJECTION}/switch", {"generation": 1, "tenant_id": None}),
        ("POST", f"{_PROJECTION}/rollback", {"tenant_id": None}),
        ("POST", f"{_PROJECTION}/pause", {"tenant_id": None}),
        ("POST", f"{_PROJECTION}/resume", {"tenant_id": None}),
        ("GET", f"{V1}/admin/dead-letters", None),
        ("GET", _DEAD_LETTER, None),
        ("POST", f"{_DEAD_LETTER}/retry", None),
        ("POST", f"{_DEAD_LETTER}/skip", {"reason": "The file behind it is lost."}),
    )
)
WITH_JSON = tuple(route for route in ROUTES if route.body is not None)
WITH_ID = tuple(route for route in ROUTES if route.of is not None)
READS = tuple(route for route in ROUTES if route.reads_own_writes)
WRITES = tuple(route for route in ROUTES if route.needs == "the right to write")
MANAGES = tuple(route for route in ROUTES if route.needs == "the right to manage")


def body_of(route: Route, object_id: object = NOBODYS) -> dict[str, Any]:
    """The route's sample body about one object; about none that is there, unless it is given."""
    assert route.body is not None
    text = msgspec.json.encode(route.body).decode().replace("{id}", str(object_id))
    decoded: dict[str, Any] = msgspec.json.decode(text)
    return decoded


def strings(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the strings stand in a body."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from strings(inner, (*path, key))
        elif isinstance(inner, str):
            yield (*path, key)


def changed(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of the body with another value at the path."""
    key, *rest = path
    return {**body, key: changed(body[key], tuple(rest), value) if rest else value}
