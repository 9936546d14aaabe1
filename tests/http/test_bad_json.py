"""Bodies that are no JSON, or not the JSON that was asked for: refused, pointed at, survived."""

import json
from typing import Any

import pytest

from tests.api import Account
from tests.http import archives, routes
from tests.http.problems import name, refused
from tests.http.routes import WITH_JSON, Route, strings
from tests.stack import Stack

BASES = "/api/v1/knowledge-bases"
MALFORMED = {
    "cut off": b'{"name": "a',
    "more after the end": b'{"name": "a"} x',
    "100,000 arrays deep": b"[" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep and well-formed": b"[" * 100_000 + b"]" * 100_000,
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "a number without end": b'{"name": ' + b"9" * 100_000 + b"}",
    "a number out of range": b'{"name": 1e999}',
    "a lone surrogate": rb'{"name": "\ud800"}',
    "half a surrogate pair": rb'{"name": "\ud83dx"}',
    "a surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "bytes that are not UTF-8": b'{"name": "\xff"}',
    "an overlong NUL": b'{"name": "\xc0\x80"}',
    "a bare NUL": b'{"name": "a\x00"}',
    "a bare line end": b'{"name": "a\nb"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "a name twice": b'{"name": "a", "name": "b"}',
    "a name twice, once escaped": rb'{"name": "a", "n\u0061me": "b"}',
    "a name twice, deep inside": b'{"name": "a", "x": [{"y": 1, "y": 1}]}',
    "a comment": b'{"name": "a"} // b',
    "quotes of another kind": b"{'name': 'a'}",
}
OTHER_SHAPES = (b"", b"null", b"true", b"17", b'"name"', b"[]", b'[{"name": "a"}]', b"{}")


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


EVERY_STRING = [
    pytest.param(route, path, id=f"{route} {'.'.join(path)}")
    for route in WITH_JSON
    for path in strings(route.body)
]


@pytest.mark.parametrize("what", MALFORMED)
def test_a_body_that_is_no_json_is_refused(stack: Stack, account: Account, what: str) -> None:
    headers = {**account.headers, "Content-Type": "application/json"}
    answer = stack.client.post(BASES, headers=headers, content=MALFORMED[what])
    assert name(refused(answer, 400)) == "malformed-json"


@pytest.mark.parametrize("route", WITH_JSON, ids=str)
def test_a_body_of_another_shape_is_refused(stack: Stack, account: Account, route: Route) -> None:
    headers = {**archives.headers(stack, account, route), "Content-Type": "application/json"}
    for body in OTHER_SHAPES:
        answer = stack.client.request(route.method, route.address(), headers=headers, content=body)
        nothing = (404,) if route.needs == "the platform" else ()  # an empty object will do there
        assert refused(answer, 400, 422, *nothing), body


@pytest.mark.parametrize("media_type", [
    None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp",
    "application/merge-patch+json", "application/json+x", "multipart/mixed", "*/*", ",", ";",
])  # fmt: skip
@pytest.mark.parametrize("route", WITH_JSON, ids=str)
def test_json_under_another_name_is_not_read(
    stack: Stack, account: Account, route: Route, media_type: str | None
) -> None:
    headers = archives.headers(stack, account, route) | (
        {"Content-Type": media_type} if media_type else {}
    )
    content = json.dumps(routes.body_of(route)).encode()
    answer = stack.client.request(route.method, route.address(), headers=headers, content=content)
    assert name(refused(answer, 415)) == "unsupported-media-type"


def test_the_name_of_json_may_be_written_in_any_case_and_with_parameters(
    stack: Stack, account: Account
) -> None:
    for media_type in ("APPLICATION/JSON", "application/json; charset=utf-8"):
        headers = {**account.headers, "Content-Type": media_type}
        answer = stack.client.post(BASES, headers=headers, content=b'{"name": "Contracts"}')
        assert answer.status_code == 201


@pytest.mark.parametrize("route", WITH_JSON, ids=str)
def test_an_unknown_field_is_pointed_at(stack: Stack, account: Account, route: Route) -> None:
    for key in ("unknown", "is_admin", "a/b~c", ""):
        body = routes.body_of(route) | {key: True}
        answer = stack.client.request(
            route.method,
            route.address(),
            headers=archives.headers(stack, account, route),
            json=body,
        )
        escaped = key.replace("~", "~0").replace("/", "~1")
        assert [fault["pointer"] for fault in refused(answer, 422)["errors"]] == [f"/{escaped}"]


@pytest.mark.parametrize(("route", "path"), EVERY_STRING)
def test_a_value_of_the_wrong_type_is_pointed_at(
    stack: Stack, account: Account, route: Route, path: tuple[str, ...]
) -> None:
    others: tuple[Any, ...] = (17, 1.5, True, [], {}, ["a"])
    for value in others:
        body = routes.changed(routes.body_of(route), path, value)
        answer = stack.client.request(
            route.method,
            route.address(),
            headers=archives.headers(stack, account, route),
            json=body,
        )
        faults = refused(answer, 422)["errors"]
        assert [fault["pointer"] for fault in faults] == ["/" + "/".join(path)], value


@pytest.mark.parametrize(("route", "path"), EVERY_STRING)
def test_nul_in_any_string_is_refused(
    stack: Stack, account: Account, route: Route, path: tuple[str, ...]
) -> None:
    for value in ("\x00", "a\x00b", "a\x00"):
        body = routes.changed(routes.body_of(route), path, value)
        answer = stack.client.request(
            route.method,
            route.address(),
            headers=archives.headers(stack, account, route),
            json=body,
        )
        refused(answer)


@pytest.mark.parametrize(("field", "value"), [
    ("title", ""), ("title", " \t\n"), ("title", "x" * 501), ("title", "a\nb"),
    ("title", "a\rb"), ("title", "a\x1b[31mb"), ("title", "a\u202eb"), ("title", "a\u2028b"),
    ("title", "\u200b"), ("text", ""), ("text", "a\x00b"), ("knowledge_base_id", "x"),
    ("knowledge_base_id", ""), ("knowledge_base_id", 1), ("title", None), ("text", None),
])  # fmt: skip
def test_a_document_with_such_a_value_is_refused(
    stack: Stack, account: Account, field: str, value: Any
) -> None:
    body = {"title": "Retention", "text": "Invoices are kept for ten years."} | {field: value}
    refused(stack.client.post("/api/v1/documents", headers=account.headers, json=body), 422)


def test_a_title_may_be_as_long_as_it_says(stack: Stack, account: Account) -> None:
    document = stack.add_text(account, "é" * 500, "Invoices are kept for ten years.")
    answer = stack.client.get(f"/api/v1/documents/{document}/history", headers=account.headers)
    assert answer.json()["items"][0]["data"]["title"] == "é" * 500


@pytest.mark.parametrize(("field", "value", "problem"), [
    ("name", "", "tenant-name-invalid"), ("name", "x" * 256, "tenant-name-invalid"),
    ("slug", "", "tenant-slug-invalid"), ("slug", "A", "tenant-slug-invalid"),
    ("slug", "-a", "tenant-slug-invalid"), ("slug", "a" * 101, "tenant-slug-invalid"),
    ("slug", "a\n", "tenant-slug-invalid"), ("slug", "\u0430", "tenant-slug-invalid"),
])  # fmt: skip
def test_a_tenant_with_such_a_value_is_refused(
    stack: Stack, field: str, value: str, problem: str
) -> None:
    owner = {"email": "ada@example.org", "password": "Correct-Horse-7"}
    body = {"name": "Example", "slug": "never-registered", "owner": owner} | {field: value}
    assert name(refused(stack.client.post("/api/v1/tenants", json=body), 422)) == problem


@pytest.mark.parametrize("email", [
    "", "a", "@", "a@", "@b.c", "a@b", "a@b.c\nx", "a b@c.d", "a@b@c.d", "a\x00@b.c",
    "a@b..", "a" * 65 + "@b.c", "a@" + "b" * 251 + ".c", "a@b.c\r\nBcc: x@y.z", "a@b.\u202ec",
])  # fmt: skip
def test_an_address_that_is_none_is_refused(stack: Stack, email: str) -> None:
    owner = {"email": email, "password": "Correct-Horse-7"}
    body = {"name": "Example", "slug": "never-registered", "owner": owner}
    problem = refused(stack.client.post("/api/v1/tenants", json=body), 422)
    assert name(problem) == "email-invalid"
