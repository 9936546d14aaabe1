"""Text that means something to somebody on the way: SQL, a search, a terminal, a log."""

import json
from typing import Any

import httpx2
import pytest

from tests.http import archives, routes
from tests.http.archives import Archive
from tests.http.problems import refused
from tests.http.routes import WITH_JSON, Route, strings
from tests.stack import Stack

HOSTILE = (
    *("\x00", "a\x00b", "\x01", "\x1b[31m", "\x7f", "\ufeff", "\ufffe", "\u202e", "\u2028"),
    *("'", '"', "`", "\\", "\\x00", "%", "%s", "%(tenant_id)s", "$1", "{}", "{0}", "{id}", "${x}"),
    *("' OR 1=1 --", "'; DROP TABLE log.events; --", "'||pg_sleep(9)||'", "a%' ESCAPE '", "_%_%"),
    *(
        "a & b | !c <-> d:*",
        "((((",
        "!!!",
        ":*",
        "<->",
        "a <999999> b",
        "& | !",
        "'a' <1> 'b':ABCD",
    ),
    *("$.x ? (@ > 1)", "$$", "$a$b$a$", "E'\\\\'", "U&'\\0000'", "NULL", "NaN", "true", "-1"),
    *("../../etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "<script>a</script>"),
    *("=cmd|' /C calc'!A0", "\r\nX-Evil: a", "é" * 2_001, "\U0001f601" * 200, "\u0301" * 500),
    *("ß", "İ", "\u0130\u0131", "\u2126", "\ud7ff", "\U0010ffff", "\u200b", "\u00ad", " ", "\t"),
    *("ﷺ" * 300, "9" * 400, "1e999", "\u0085"),
)
EVERY_STRING = [
    pytest.param(route, path, id=f"{route} {'.'.join(path)}")
    for route in WITH_JSON
    for path in strings(route.body)
]


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Archive:
    return archives.filled(stack, "Invoices are kept for ten years.")


def sent(stack: Stack, archive: Archive, route: Route, body: dict[str, Any]) -> httpx2.Response:
    own = archives.headers(stack, archive.account, route)
    headers = {**own, "Content-Type": "application/json"} | route.headers
    address = route.address(archives.own_id(archive, route))
    content = json.dumps(body).encode()
    return stack.client.request(route.method, address, headers=headers, content=content)


@pytest.mark.parametrize(("route", "path"), EVERY_STRING)
def test_no_text_means_more_than_itself(
    stack: Stack, archive: Archive, route: Route, path: tuple[str, ...]
) -> None:
    good = routes.body_of(route, archives.own_id(archive, route))
    for text in HOSTILE:
        answer = sent(stack, archive, route, routes.changed(good, path, text))
        if answer.status_code >= 400:
            refused(answer)
        assert answer.elapsed.total_seconds() < 9, text


def test_what_is_kept_is_kept_as_it_is(stack: Stack, archive: Archive) -> None:
    kept, position = {}, "0"
    for text in HOSTILE:
        body = {"name": "Hostile", "description": text}
        answer = stack.client.post(
            "/api/v1/knowledge-bases", headers=archive.account.headers, json=body
        )
        if answer.is_success:
            kept[answer.json()["id"]] = text
            position = answer.headers["x-event-position"]
    waiting = {**archive.account.headers, "X-Wait-For-Position": position}
    listed = stack.client.get("/api/v1/knowledge-bases?limit=200&wait_ms=20000", headers=waiting)
    found = {item["id"]: item["description"] for item in listed.json()["items"]}
    assert len(kept) > 30
    assert {object_id: found[object_id] for object_id in kept} == kept
