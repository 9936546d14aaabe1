"""No tenant sees, finds, changes or can even tell the existence of what is another's."""

import re
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.http import archives, routes
from tests.http.archives import Archive
from tests.http.problems import name, refused
from tests.http.routes import ROUTES, V1, WITH_ID, Route
from tests.stack import Stack

CANARY = "The Larkfield ledger of 1893 lies under the seventh stone of Eastmoor weir."
OWN = "The Larkfield ledger of 1901 is on the shelf of the reading room."
REQUEST_ID = re.compile(r'"request_id":"[^"]*"')
PER_REQUEST = {"date", "x-request-id", "x-event-position"}


@pytest.fixture(scope="module")
def victim(stack: Stack) -> Archive:
    return archives.filled(stack, CANARY)


@pytest.fixture(scope="module")
def stranger(stack: Stack) -> Archive:
    return archives.filled(stack, OWN)


def comparable(answer: httpx2.Response) -> tuple[int, str, dict[str, str]]:
    headers = {key: value for key, value in answer.headers.items() if key not in PER_REQUEST}
    return answer.status_code, REQUEST_ID.sub("", answer.text), headers


@pytest.mark.parametrize("route", WITH_ID, ids=str)
def test_anothers_id_is_answered_exactly_as_one_that_never_was(
    stack: Stack, victim: Archive, stranger: Archive, route: Route
) -> None:
    theirs = archives.ask(stack, stranger.account, route, archives.own_id(victim, route))
    nobodys = archives.ask(stack, stranger.account, route, uuid4())
    if route.path == f"{V1}/rag/query":
        assert theirs.json()["answer"] == nobodys.json()["answer"]
        assert theirs.json()["sources"] == nobodys.json()["sources"] == []
        return  # the receipts differ
    assert comparable(theirs) == comparable(nobodys)
    if not route.by_value or (route.path == f"{V1}/documents" and route.method == "POST"):
        refused(theirs, 404)
    else:
        assert theirs.json()["items"] == []


@pytest.mark.parametrize("route", WITH_ID, ids=str)
def test_what_is_hidden_from_others_is_there_for_its_owner(
    stack: Stack, victim: Archive, route: Route
) -> None:
    object_id = archives.own_id(victim, route)
    if route.method == "DELETE" and route.of == "document":
        object_id = stack.add_text(victim.account, "To be removed", "Not for long.")
    elif route.method == "DELETE" and route.of == "user":
        object_id = archives.user(stack, victim.account)
    elif route.method == "DELETE":
        object_id = archives.watchlist(stack, victim.account)
    answer = archives.ask(stack, victim.account, route, object_id)
    assert answer.status_code != 404
    if route.path.endswith("/retry"):
        assert name(refused(answer, 409)) == "stage-not-failed"
    else:
        assert answer.is_success, answer.text


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD"])
def test_no_method_makes_a_difference_between_anothers_id_and_none(
    stack: Stack, victim: Archive, stranger: Archive, method: str
) -> None:
    for path in {route.path for route in WITH_ID if not route.by_value}:
        of = next(kind for kind in victim.ids if kind.replace(" ", "-") + "s/" in path)
        theirs, nobodys = (
            stack.client.request(
                method,
                path.replace("{id}", object_id),
                headers={**stranger.account.headers, "If-Match": '"1"'},
            )
            for object_id in (victim.ids[of], str(uuid4()))
        )
        assert comparable(theirs) == comparable(nobodys)
        assert not theirs.is_success


def test_a_list_holds_ones_own_and_nothing_else(
    stack: Stack, victim: Archive, stranger: Archive
) -> None:
    assert victim.ids != stranger.ids
    for kind, object_id in stranger.ids.items():
        path = f"{V1}/{kind.replace(' ', '-')}s?limit=200"
        listed = stack.client.get(path, headers=stranger.account.headers).json()["items"]
        founder = [stranger.account.user_id] if kind == "user" else []
        assert [item["id"] for item in listed] == [object_id, *founder]


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "vector"])
def test_search_finds_nothing_of_another_tenant(
    stack: Stack, victim: Archive, stranger: Archive, mode: str
) -> None:
    body = {"query": CANARY, "limit": 50, "mode": mode}
    answer = stack.client.post(f"{V1}/search", headers=stranger.account.headers, json=body)
    assert {item["document_id"] for item in answer.json()["items"]} == {stranger.ids["document"]}
    own = stack.client.post(f"{V1}/search", headers=victim.account.headers, json=body)
    found = {item["document_id"] for item in own.json()["items"]}
    assert victim.ids["document"] in found
    assert stranger.ids["document"] not in found


def test_no_answer_rests_on_another_tenant(
    stack: Stack, victim: Archive, stranger: Archive
) -> None:
    body = {"query": "Where does the Larkfield ledger lie?"}
    answer = stack.client.post(f"{V1}/rag/query", headers=stranger.account.headers, json=body)
    assert "reading room" in answer.json()["answer"]
    assert "Eastmoor" not in answer.text
    assert victim.ids["document"] not in answer.text


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.needs not in ("nothing", "the platform") and route.reads],
    ids=str,
)
def test_nothing_that_a_stranger_reads_tells_of_the_victim(
    stack: Stack, victim: Archive, stranger: Archive, route: Route
) -> None:
    # The stranger's own log holds the ids that the stranger asked for in vain.
    asking = stack.register() if "/audit/" in route.path else stranger.account
    answer = archives.ask(stack, asking, route, archives.own_id(stranger, route))
    assert answer.is_success, answer.text
    account = victim.account
    for secret in (account.tenant_id, account.user_id, account.slug, account.email, CANARY):
        assert secret not in answer.text
    for object_id in victim.ids.values():
        assert object_id not in answer.text


@pytest.mark.parametrize("key", ["tenant_id", "tenant", "plan", "is_admin", "role", "actor"])
@pytest.mark.parametrize(
    "route",
    [route for route in routes.WITH_JSON if route.needs not in ("nothing", "the platform")],
    ids=str,
)
def test_a_tenant_in_the_body_is_refused(
    stack: Stack, victim: Archive, stranger: Archive, route: Route, key: str
) -> None:
    body: dict[str, Any] = {**routes.body_of(route), key: victim.account.tenant_id}
    answer = stack.client.request(
        route.method, route.address(), headers=stranger.account.headers, json=body
    )
    pointers = [fault["pointer"] for fault in refused(answer, 422)["errors"]]
    assert pointers == [f"/{key}"]


def test_a_tenant_in_the_query_or_a_header_is_ignored(
    stack: Stack, victim: Archive, stranger: Archive
) -> None:
    other = victim.account.tenant_id
    names = ("X-Tenant-Id", "X-Tenant", "Tenant-Id", "X-Forwarded-Tenant", "Cookie")
    smuggled = dict.fromkeys(names, other)
    for path in (f"{V1}/tenant", f"{V1}/documents", f"{V1}/knowledge-bases", f"{V1}/auth/me"):
        plain = stack.client.get(path, headers=stranger.account.headers)
        tried = stack.client.get(
            f"{path}?tenant_id={other}&tenant={other}",
            headers={**stranger.account.headers, **smuggled},
        )
        assert plain.json() == tried.json()
        assert other not in tried.text


def test_a_token_of_one_tenant_with_the_id_of_another_is_worth_nothing(
    stack: Stack, victim: Archive, stranger: Archive
) -> None:
    own = archives.tokens(stack).read(
        stranger.account.headers["Authorization"].removeprefix("Bearer "), "access"
    )
    assert str(own.tenant_id) == stranger.account.tenant_id
    header, payload, signature = stranger.account.headers["Authorization"].split(".")
    _, other_payload, _ = victim.account.headers["Authorization"].split(".")
    assert payload != other_payload
    forged = {"Authorization": f"{header}.{other_payload}.{signature}"}
    refused(stack.client.get(f"{V1}/tenant", headers=forged), 401)


def test_a_login_is_no_document_even_in_its_own_tenant(stack: Stack, victim: Archive) -> None:
    for object_id in (victim.account.user_id, victim.account.tenant_id):
        for route in WITH_ID:
            if route.of == "document" and route.reads:
                answer = archives.ask(stack, victim.account, route, object_id)
                assert "password" not in answer.text
                refused(answer, 404)
        history = stack.client.get(
            f"{V1}/documents/{victim.ids['knowledge base']}/history",
            headers=victim.account.headers,
        )
        refused(history, 404)


@pytest.mark.parametrize("route", [route for route in WITH_ID if route.of == "watchlist"], ids=str)
def test_a_colleague_is_a_stranger_to_ones_watchlists(
    stack: Stack, victim: Archive, route: Route
) -> None:
    colleague = archives.colleague(stack, victim.account)
    theirs = archives.ask(stack, colleague, route, victim.ids["watchlist"])
    assert comparable(theirs) == comparable(archives.ask(stack, colleague, route, uuid4()))
    assert name(refused(theirs, 404)) == "watchlist-not-found"
