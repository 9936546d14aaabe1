"""Paths and methods that are not served, and requests that are no HTTP."""

import pytest

from tests.api import Account
from tests.http import exchange
from tests.http.problems import guarded, name, refused
from tests.http.routes import NOBODYS, ROUTES
from tests.stack import Stack


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


@pytest.mark.parametrize("path", [
    "/nope", "/api", "/api/v1", "/api/v2/tenant", "/api/v1/nope", "/API/V1/TENANT",
    "/api/v1/Tenant", "/api/v1/tenants/", "/api/v1/tenant;x=1", "/api/v1/tenant%00",
    "/api/v1/tenant%0d%0aX-Evil:%20a", "/api/v1/%ff", "/api/v1/tenant%20", "/api/v1/tenant.json",
    "/api/v1/documents/..%2ftenant", "/api/v1/documents/not-an-id",
    "/api/v1/documents/%ff", "/api/v1/documents/00000000-0000-0000-0000-00000000000g",
    "/api/v1/documents/01a1f84f-4161-7309-8cc5-35fdbcc55b72/nope",
    "/.env", "/.git/config", "/health", "/health/live/x", "/api/v1/documents/" + "a" * 5_000,
])  # fmt: skip
def test_a_path_that_is_not_served_is_not_found(stack: Stack, account: Account, path: str) -> None:
    method = "PATCH" if path == "/api/v1/tenants/" else "GET"
    answer = stack.client.request(method, stack.url + path, headers=account.headers)
    assert name(refused(answer, 404, 405)) in ("not-found", "method-not-allowed")


@pytest.mark.parametrize("path", [
    "/api/v1/tenant/", "/api//v1/tenant", "//api/v1/tenant", "/api/v1/%74enant",
    "/api/v1%2ftenant", "/api/v1/documents/../tenant",
])  # fmt: skip
def test_another_spelling_of_a_path_needs_the_same_token(
    stack: Stack, account: Account, path: str
) -> None:
    refused(stack.client.get(stack.url + path), 401)
    own = stack.client.get(stack.url + path, headers=account.headers)
    assert own.json()["tenant_id"] == account.tenant_id


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "CONNECT", "FOO", "get", "HEAD"])
@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_a_method_that_a_path_does_not_have_is_refused(
    stack: Stack, account: Account, path: str, method: str
) -> None:
    has = {route.method for route in ROUTES if route.path == path}
    method = "PURGE" if method in has else method
    path = path.replace("{id}", NOBODYS)
    request = exchange.head(method, path, Authorization=account.headers["Authorization"])
    if method == "HEAD":  # no body comes after these headers
        answer = stack.client.head(path, headers=account.headers)
        assert (answer.status_code, answer.content) == (405, b"")
        guarded(answer)
        return
    received = exchange.send(stack, request)
    assert exchange.status(received) in ((400, 404, 405) if method == "CONNECT" else (405,))
    if exchange.status(received) == 405:
        header = received.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nallow: " in header
        assert b"application/problem+json" in header


def test_a_path_tells_which_methods_it_has(stack: Stack, account: Account) -> None:
    for path in {route.path for route in ROUTES}:
        allowed = {route.method for route in ROUTES if route.path == path} | {"OPTIONS"}
        address = path.replace("{id}", NOBODYS)
        answer = stack.client.request("TRACE", address, headers=account.headers)
        assert set(answer.headers["allow"].split(", ")) == allowed


def test_no_other_site_is_let_in(stack: Stack, account: Account) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in {route.path for route in ROUTES}:
        address = path.replace("{id}", NOBODYS)
        for method in ("OPTIONS", "GET"):
            answer = stack.client.request(method, address, headers=account.headers | asked)
            if not path.endswith("/muniment-seal-keys"):
                guarded(answer)
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("request_bytes", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
], ids=repr)  # fmt: skip
def test_what_is_no_http_is_refused_and_the_connection_closed(
    stack: Stack, request_bytes: bytes
) -> None:
    received = exchange.send(stack, request_bytes + b"\r\n\r\n")
    if received:
        assert 400 <= exchange.status(received) < 500
        assert b"connection: close" in received.lower() or b"HTTP/1.0" in received


def test_a_request_of_two_lengths_carries_no_second_request(stack: Stack) -> None:
    smuggled = exchange.head("GET", "/health/live", X_Request_ID="smuggled-request")
    for lengths in ({"Content_Length": "5"}, {"Content_Length": "4, 5"}):
        request = exchange.head("POST", "/nope", Transfer_Encoding="chunked", **lengths)
        received = exchange.send(stack, request, b"0\r\n\r\n", smuggled)
        assert 400 <= exchange.status(received) < 500
        assert b"connection: close" in received.lower()
        assert b"smuggled-request" not in received
    refused(stack.client.get("/nope"), 404)
    assert "smuggled-request" not in stack.log("web")


def test_more_headers_or_longer_ones_than_the_server_takes_are_refused(stack: Stack) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(1_000))
    assert (
        exchange.status(
            exchange.send(stack, b"GET /health/live HTTP/1.1\r\nHost: a\r\n", many, b"\r\n")
        )
        == 431
    )
    long = [b"X: ", *[b"a" * 100_000] * 50, b"\r\n\r\n"]
    assert (
        exchange.status(exchange.send(stack, b"GET /health/live HTTP/1.1\r\nHost: a\r\n", *long))
        == 431
    )
    assert exchange.status(exchange.send(stack, exchange.head("GET", "/" + "a" * 100_000))) == 414
