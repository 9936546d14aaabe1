"""What every answer says besides its body, good or bad."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.api import Account
from tests.http import archives
from tests.http.archives import Archive
from tests.http.problems import guarded, is_id, name, refused
from tests.http.routes import ROUTES, Route
from tests.stack import Stack

BASES = "/api/v1/knowledge-bases"
DOCUMENTS = "/api/v1/documents"


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Archive:
    return archives.filled(stack, "Invoices are kept for ten years.")


def provoked(stack: Stack, archive: Archive) -> dict[int, httpx2.Response]:
    """One answer of each kind of refusal, by its status."""
    client, headers = stack.client, archive.account.headers
    document = f"{DOCUMENTS}/{archive.ids['document']}"
    viewer = archives.as_role(stack, archive.account, "viewer").headers
    json = {**headers, "Content-Type": "application/json"}
    return {
        400: client.post(BASES, headers=json, content=b"{"),
        401: client.get("/api/v1/tenant"),
        403: client.post(BASES, headers=viewer, json={"name": "a"}),
        404: client.get(f"{DOCUMENTS}/{archive.account.user_id}", headers=headers),
        405: client.put("/api/v1/tenant", headers=headers),
        409: client.post(f"{document}/stages/QUALITY/retry", headers=headers),
        412: client.delete(document, headers={**headers, "If-Match": '"999"'}),
        413: client.post(DOCUMENTS, headers=json, content=b"x" * (21 * 2**20)),
        415: client.post(BASES, headers=headers, content=b"{}"),
        422: client.post(BASES, headers=headers, json={"name": 1}),
        428: client.delete(document, headers=headers),
    }


def test_every_kind_of_refusal_has_one_shape(stack: Stack, archive: Archive) -> None:
    fields = {"type", "title", "status", "detail", "request_id"}
    for status, answer in provoked(stack, archive).items():
        problem = refused(answer, status)
        assert set(problem) == fields | ({"errors"} if status == 422 else set())
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name(problem))
        assert problem["title"] == name(problem).replace("-", " ").capitalize()
        assert is_id(problem["request_id"])
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert "retry-after" not in answer.headers
    assert name(problem) == "precondition-required"


def test_a_fault_has_a_pointer_and_a_detail(stack: Stack) -> None:
    owner = {"email": 1, "password": "Correct-Horse-7"}
    body = {"name": "Example", "slug": "never-registered", "owner": owner}
    problem = refused(stack.client.post("/api/v1/tenants", json=body), 422)
    assert problem["errors"] == [{"pointer": "/owner/email", "detail": "Expected `str`, got `int`"}]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_security_headers_are_on_every_answer(stack: Stack, archive: Archive, route: Route) -> None:
    if not route.path.endswith("/muniment-seal-keys"):  # they are to be cached
        guarded(archives.ask(stack, None, route, archive.account.user_id))
    if route.reads and not route.path.endswith(("/content", "-keys")):  # a policy of its own
        guarded(archives.ask(stack, archive.account, route, archives.own_id(archive, route)))


@pytest.mark.parametrize("given", ["12345678", "a" * 64, "0b5b1f6e-9d5c-4b8e-8f4e-0123456789ab"])
def test_a_request_id_that_is_one_is_kept(stack: Stack, given: str) -> None:
    for path in ("/health/live", "/nope", "/api/v1/tenant"):
        answer = stack.client.get(path, headers={"X-Request-ID": given})
        assert answer.headers.get_list("x-request-id") == [given]
    assert answer.json()["request_id"] == given


@pytest.mark.parametrize("given", [
    "", "1234567", "a" * 65, "with blanks", "a_b_c_d_e", "../../../etc", "<script>", "é" * 8,
    "%0d%0aX-Evil:a", "a" * 10_000,
])  # fmt: skip
def test_any_other_request_id_is_replaced(stack: Stack, given: str) -> None:
    headers = {b"X-Request-ID": given.encode("latin-1")}
    answer = stack.client.get("/nope", headers=headers)
    assert is_id(answer.headers["x-request-id"])
    assert refused(answer, 404)


def test_every_write_tells_its_position_and_nothing_else_does(stack: Stack) -> None:
    archive = archives.filled(stack, "Invoices are kept for ten years.")
    tenants = [route for route in ROUTES if route.needs not in ("nothing", "the platform")]
    writes = [route for route in tenants if not route.reads]
    told = []
    for route in writes:
        answer = archives.ask(stack, archive.account, route, archives.own_id(archive, route))
        if answer.is_success:
            told.append(int(answer.headers["x-event-position"]))
            assert answer.status_code == 204 or answer.json()["position"] == told[-1]
        else:
            assert "x-event-position" not in answer.headers
    assert len(told) >= len(writes) - 3  # nothing is there to retry, and no tickers of what is gone
    assert told == sorted(told)
    for route in ROUTES:
        if route.method == "GET":
            answer = archives.ask(stack, archive.account, route, archives.own_id(archive, route))
            assert "x-event-position" not in answer.headers


def test_a_login_says_how_long_its_token_lives(stack: Stack, archive: Archive) -> None:
    account: Account = archive.account
    credentials = {"email": account.email, "password": account.password}
    pair: dict[str, Any] = stack.client.post("/api/v1/auth/login", json=credentials).json()
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
    signer = archives.tokens(stack)
    claims = signer.read(pair["access_token"], "access")
    left = claims.expires_at - datetime.now(UTC)
    assert timedelta() < timedelta(seconds=pair["expires_in"]) - left < timedelta(seconds=30)
    assert signer.read(pair["refresh_token"], "refresh").expires_at > claims.expires_at
