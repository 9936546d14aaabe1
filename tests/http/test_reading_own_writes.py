"""A read that names a position sees everything up to it, or says that it can't yet."""

import time
from uuid import uuid4

import pytest

from tests.http import archives
from tests.http.archives import Archive
from tests.http.problems import name, refused
from tests.http.routes import READS, Route
from tests.stack import Stack

AHEAD = str(10**15)


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Archive:
    return archives.filled(stack, "Invoices are kept for ten years.")


def test_what_was_written_is_read_at_once(stack: Stack) -> None:
    account = stack.register()
    for number in range(10):
        made = stack.client.post(
            "/api/v1/knowledge-bases", headers=account.headers, json={"name": f"Base {number}"}
        )
        waiting = {**account.headers, "X-Wait-For-Position": made.headers["x-event-position"]}
        one = stack.client.get(
            f"/api/v1/knowledge-bases/{made.json()['id']}?wait_ms=20000", headers=waiting
        )
        assert one.json()["name"] == f"Base {number}"
        listed = stack.client.get("/api/v1/knowledge-bases?wait_ms=20000", headers=waiting)
        assert len(listed.json()["items"]) == number + 1


def test_what_was_removed_is_gone_at_once(stack: Stack) -> None:
    account = stack.register()
    document = stack.add_text(account, "Retention", "Invoices are kept for ten years.")
    stack.settled(account, document)
    url = f"/api/v1/documents/{document}"
    removed = stack.client.delete(url, headers={**account.headers, "If-Match": "*"})
    assert removed.status_code == 204
    waiting = {**account.headers, "X-Wait-For-Position": removed.headers["x-event-position"]}
    for part in ("", "/status", "/content", "/text"):
        refused(stack.client.get(f"{url}{part}?wait_ms=20000", headers=waiting), 404)
    listed = stack.client.get("/api/v1/documents?wait_ms=20000", headers=waiting)
    assert listed.json()["items"] == []
    query = {"query": "How long are invoices kept?"}
    found = stack.client.post("/api/v1/search?wait_ms=20000", headers=waiting, json=query)
    assert found.json()["items"] == []
    history = stack.client.get(f"{url}/history", headers=account.headers).json()["items"]
    assert history[-1]["type"] == "document.removed"


@pytest.mark.parametrize("route", READS, ids=str)
def test_a_read_waits_for_the_position_it_is_given(
    stack: Stack, archive: Archive, route: Route
) -> None:
    request = route.request(archives.own_id(archive, route))
    request["headers"] |= archive.account.headers | {"X-Wait-For-Position": "1"}
    assert stack.client.request(**request).is_success
    request["headers"]["X-Wait-For-Position"] = AHEAD
    request["url"] += ("&" if "?" in request["url"] else "?") + "wait_ms=100"
    began = time.monotonic()
    answer = stack.client.request(**request)
    assert name(refused(answer, 503)) == "projection-behind"
    assert answer.headers["retry-after"] == "1"
    assert time.monotonic() - began > 0.05


def test_a_read_waits_no_longer_than_it_is_told(stack: Stack, archive: Archive) -> None:
    headers = {**archive.account.headers, "X-Wait-For-Position": AHEAD}
    began = time.monotonic()
    refused(stack.client.get("/api/v1/tenant?wait_ms=0", headers=headers), 503)
    assert time.monotonic() - began < 1


def test_without_a_worker_reads_say_that_they_are_behind(web_alone: Stack) -> None:
    account = archives.registered_alone(web_alone)
    for route in READS:
        request = route.request(uuid4())
        request["headers"] |= account.headers | {"X-Wait-For-Position": "1"}
        request["url"] += ("&" if "?" in request["url"] else "?") + "wait_ms=10"
        answer = web_alone.client.request(**request)
        problem = refused(answer, 503)
        assert name(problem) == "projection-behind"
        assert int(answer.headers["retry-after"]) >= 1
    written = web_alone.client.post(
        "/api/v1/knowledge-bases", headers=account.headers, json={"name": "Contracts"}
    )
    assert written.status_code == 201
