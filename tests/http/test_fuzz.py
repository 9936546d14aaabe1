"""Requests that nobody thought of: whatever is sent, the server finds a word for it below 500."""

import json
import re
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import Account
from tests.http import archives, problems, routes
from tests.http.routes import ROUTES, WITH_JSON, Route
from tests.stack import Stack

FORM = (
    b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nRetention\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nInvoices are kept for ten years.\r\n--B--\r\n"
)
SPECIAL = (
    *("", "\x00", "\ud800", "\ufeff", "\u202e", "'", '"', "%", "\\", "' OR 1=1 --", "{id}", "$.x"),
    *("a & b | !c <-> d:*", "NaN", "../..", "é" * 2_001, "🜁", "null", "0", "9" * 400),
)
NUMBERS = (b"-1", b"0", b"1", b"201", b"1e9", b"1.5", b"NaN", b"9" * 400)
texts = st.text(max_size=40) | st.sampled_from(SPECIAL)
numbers = st.integers() | st.floats() | st.sampled_from([2**63, 2**64, -(2**63) - 1, 10**400])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
HEADERS = ("Idempotency-Key", "X-Wait-For-Position", "If-Match", "X-Request-ID", "Accept",
           "Content-Type", "Cookie", "Origin", "Range", "If-None-Match", "Accept-Encoding",
           "X-Forwarded-For", "X-HTTP-Method-Override", "Expect")  # fmt: skip
header_values = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30
).map(lambda text: re.sub(r"^\s+|\s+$", "", text).encode("latin-1"))
fuzzing = settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


@st.composite
def bodies(draw: st.DrawFn, sample: dict[str, Any]) -> Any:
    """The sample with some of its fields replaced, dropped or joined by others; or anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(values)
    body = dict(sample)
    for key in draw(st.sets(st.sampled_from(sorted(body)), min_size=1)):
        kept = isinstance(body[key], dict) and draw(st.booleans())
        body[key] = draw(bodies(body[key]) if kept else values)
    for key in draw(st.sets(st.sampled_from(sorted(body)), max_size=1)):
        del body[key]
    if draw(st.integers(0, 4)) == 0:
        body[draw(texts)] = draw(values)
    return body


def survived(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problems.refused(answer)


@fuzzing
@given(data=st.data(), route=st.sampled_from(WITH_JSON))
def test_no_json_breaks_a_route(
    stack: Stack, account: Account, route: Route, data: st.DataObject
) -> None:
    content = json.dumps(data.draw(bodies(routes.body_of(route)))).encode()
    own = archives.headers(stack, account, route)
    headers = {**own, "Content-Type": "application/json"}
    survived(stack.client.request(route.method, route.address(), headers=headers, content=content))


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The bytes with some cut out, put in or doubled."""
    data = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        put_in = draw(st.binary(max_size=12) | st.just(data[start:end] * 2))
        data = data[:start] + put_in + data[end:]
    return data


@fuzzing
@given(data=st.data(), route=st.sampled_from(WITH_JSON))
def test_no_bytes_break_a_route_that_takes_json(
    stack: Stack, account: Account, route: Route, data: st.DataObject
) -> None:
    content = data.draw(damaged(json.dumps(routes.body_of(route)).encode()))
    own = archives.headers(stack, account, route)
    headers = {**own, "Content-Type": "application/json"}
    survived(stack.client.request(route.method, route.address(), headers=headers, content=content))


@fuzzing
@given(content=damaged(FORM))
def test_no_form_breaks_the_upload(stack: Stack, account: Account, content: bytes) -> None:
    headers = {**account.headers, "Content-Type": "multipart/form-data; boundary=B"}
    survived(stack.client.post("/api/v1/documents", headers=headers, content=content))


@fuzzing
@given(
    route=st.sampled_from([route for route in ROUTES if route.method == "GET"]),
    piece=st.binary(min_size=1, max_size=20),
    values=st.lists(st.binary(max_size=12) | st.sampled_from(NUMBERS), max_size=6),
)
def test_no_address_breaks_a_route(
    stack: Stack, account: Account, route: Route, piece: bytes, values: list[bytes]
) -> None:
    path = route.path.replace("{id}", quote_from_bytes(piece, safe=""))
    keys = ("limit", "cursor", "knowledge_base_id", "wait_ms", "projection", "tenant_id")
    query = "&".join(
        f"{key}={quote_from_bytes(value, safe='')}"
        for key, value in zip(keys, values, strict=False)
    )
    headers = archives.headers(stack, account, route)
    survived(stack.client.get(f"{stack.url}{path}?{query}", headers=headers))


@fuzzing
@given(
    route=st.sampled_from([route for route in ROUTES if not route.path.endswith("/logout")]),
    headers=st.dictionaries(st.sampled_from(HEADERS), header_values, min_size=1, max_size=3),
)
def test_no_header_breaks_a_route(
    stack: Stack, account: Account, route: Route, headers: dict[str, bytes]
) -> None:
    request = route.request(account.user_id)
    usual = archives.headers(stack, account, route)
    own = {name: value.encode() for name, value in (request["headers"] | usual).items()}
    request["headers"] = own | headers
    if route.reads_own_writes:
        request["url"] += ("&" if "?" in request["url"] else "?") + "wait_ms=0"
    answer = stack.client.request(**request)
    assert answer.status_code < 500 or problems.name(answer.json()) == "projection-behind"
