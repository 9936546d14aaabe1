"""Each read waits for the read models behind it, and for no others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from projections import catalogue
from tests.http import archives
from tests.http.archives import Archive
from tests.http.problems import name, refused
from tests.http.routes import ROUTES, V1, Route
from tests.stack import Stack

BEHIND = {
    f"GET {V1}/tenant": {"tenant_directory"},
    f"GET {V1}/auth/me": {"login_directory"},
    f"GET {V1}/users": {"login_directory", "erasures"},
    f"GET {V1}/users/{{id}}": {"login_directory", "erasures"},
    f"GET {V1}/knowledge-bases": {"knowledge_base_list"},
    f"GET {V1}/knowledge-bases/{{id}}": {"knowledge_base_list"},
    f"GET {V1}/documents": {"document_list"},
    f"GET {V1}/documents/{{id}}": {"document_list"},
    f"GET {V1}/documents/{{id}}/status": {"document_status"},
    f"GET {V1}/documents/{{id}}/content": {"document_list"},
    f"GET {V1}/documents/{{id}}/text": {"document_list"},
    f"POST {V1}/search": {"chunk_index"},
    f"POST {V1}/rag/query": {"chunk_index"},
    f"GET {V1}/watchlists": {"watchlist_list"},
    f"GET {V1}/watchlists/{{id}}": {"watchlist_list"},
}
"""Which read models each route reads."""

FROM_THE_LOG = {
    f"GET {V1}/documents/{{id}}/history",
    f"GET {V1}/audit/events",
    f"GET {V1}/audit/export",
    f"GET {V1}/audit/verify",
}
"""Read straight from the log, which is never behind itself."""

READ = [route for route in ROUTES if str(route).partition(" by its ")[0] in BEHIND]


def test_every_read_of_a_tenant_is_in_the_table_or_comes_from_the_log() -> None:
    reads = {
        f"{route.method} {route.path}"
        for route in ROUTES
        if route.reads and route.needs not in ("nothing", "the platform")
    }
    assert reads == BEHIND.keys() | FROM_THE_LOG
    waits = {f"{route.method} {route.path}" for route in ROUTES if route.reads_own_writes}
    assert waits == BEHIND.keys()


def test_the_table_names_projections_that_there_are() -> None:
    names = {each.name for each in catalogue.PROJECTIONS}
    assert {name for each in BEHIND.values() for name in each} <= names


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Archive:
    return archives.filled(stack, "Invoices are kept for ten years.")


@contextmanager
def paused(stack: Stack, archive: Archive, projections: set[str]) -> Iterator[str]:
    """These stand still one event behind the head; all others are at it. Gives the head."""
    tenant_id = archive.account.tenant_id
    for projection in projections:
        operate(stack, projection, "pause", tenant_id)
    try:
        made = stack.client.post(
            f"{V1}/watchlists", headers=archive.account.headers, json={"name": "Banks"}
        )
        yield made.headers["x-event-position"]
    finally:
        for projection in projections:
            operate(stack, projection, "resume", tenant_id)


def operate(stack: Stack, projection: str, deed: str, tenant_id: str) -> None:
    answer = stack.client.post(
        f"{V1}/admin/projections/{projection}/{deed}",
        headers=stack.administrator,
        json={"tenant_id": tenant_id},
    )
    assert answer.is_success, answer.text


@pytest.mark.parametrize("route", READ, ids=str)
def test_a_read_waits_for_its_own_read_models(stack: Stack, archive: Archive, route: Route) -> None:
    own = BEHIND[str(route).partition(" by its ")[0]]
    with paused(stack, archive, own) as head:
        request = asked(archive, route, head)
        assert name(refused(stack.client.request(**request), 503)) == "projection-behind"
    assert stack.client.request(**request).is_success


@pytest.mark.parametrize("route", READ, ids=str)
def test_a_read_waits_for_no_other_read_model(stack: Stack, archive: Archive, route: Route) -> None:
    own = BEHIND[str(route).partition(" by its ")[0]]
    others = {each.name for each in catalogue.PROJECTIONS} - own
    with paused(stack, archive, others) as head:
        assert stack.client.request(**asked(archive, route, head)).is_success


def asked(archive: Archive, route: Route, position: str) -> dict[str, Any]:
    request = route.request(archives.own_id(archive, route))
    request["headers"] |= archive.account.headers | {"X-Wait-For-Position": position}
    request["url"] += ("&" if "?" in request["url"] else "?") + "wait_ms=20000"
    return request
