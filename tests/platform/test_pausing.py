"""A paused projection stands still, says so, and takes up where it stood."""

import time
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api import Account
from tests.http.problems import name, refused
from tests.stack import Stack

BASES = "/api/v1/knowledge-bases"
QUICK_SECONDS = 10.0


def operate(stack: Stack, deed: str, projection: str = "knowledge_base_list", **body: str) -> int:
    answer = stack.client.post(
        f"/api/v1/admin/projections/{projection}/{deed}", headers=stack.administrator, json=body
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-event-position"] == str(answer.json()["position"])
    position: int = answer.json()["position"]
    return position


def write(stack: Stack, account: Account) -> dict[str, str]:
    """A new knowledge base; the headers of a read that shall show it."""
    made = stack.client.post(BASES, headers=account.headers, json={"name": "Contracts"})
    return {**account.headers, "X-Wait-For-Position": made.headers["x-event-position"]}


def read(stack: Stack, waiting: dict[str, str], wait_ms: int = 20_000) -> httpx2.Response:
    return stack.client.get(f"{BASES}?wait_ms={wait_ms}", headers=waiting)


def test_a_pause_of_one_tenant_is_told_at_once_and_touches_no_other(stack: Stack) -> None:
    paused, other = stack.register(), stack.register()
    assert read(stack, write(stack, paused)).is_success
    operate(stack, "pause", tenant_id=paused.tenant_id)
    time.sleep(0.5)  # what a worker had in hand is finished
    waiting = write(stack, paused)
    began = time.monotonic()
    problem = refused(read(stack, waiting), 503)
    assert time.monotonic() - began < QUICK_SECONDS
    assert name(problem) == "projection-behind"
    assert "an administrator has paused knowledge_base_list" in problem["detail"]
    assert len(stack.client.get(BASES, headers=paused.headers).json()["items"]) == 1
    assert read(stack, write(stack, other)).is_success
    tenant = {**waiting, "X-Wait-For-Position": waiting["X-Wait-For-Position"]}
    assert stack.client.get("/api/v1/tenant?wait_ms=20000", headers=tenant).is_success
    operate(stack, "resume", tenant_id=paused.tenant_id)
    assert len(read(stack, waiting).json()["items"]) == 2


def test_a_pause_outlasts_worker_and_scheduler(stack: Stack) -> None:
    account = stack.register()
    operate(stack, "pause", tenant_id=account.tenant_id)
    for process in ("worker", "scheduler"):
        stack.kill(process)
    stack.start(["worker", "scheduler"])
    waiting = write(stack, account)
    time.sleep(2.5)  # some sweeps
    refused(read(stack, waiting, wait_ms=0), 503)
    operate(stack, "resume", tenant_id=account.tenant_id)
    assert read(stack, waiting).is_success


def test_the_pause_of_all_and_that_of_one_do_not_end_each_other(stack: Stack) -> None:
    account = stack.register()
    try:
        operate(stack, "pause", "watchlist_list")
        operate(stack, "pause", "watchlist_list", tenant_id=account.tenant_id)
        time.sleep(0.5)
        made = stack.client.post(
            "/api/v1/watchlists", headers=account.headers, json={"name": "Banks"}
        )
        waiting = {**account.headers, "X-Wait-For-Position": made.headers["x-event-position"]}
        operate(stack, "resume", "watchlist_list")
        problem = refused(stack.client.get("/api/v1/watchlists", headers=waiting), 503)
        assert "paused watchlist_list" in problem["detail"]
    finally:
        operate(stack, "resume", "watchlist_list")
        operate(stack, "resume", "watchlist_list", tenant_id=account.tenant_id)
    assert stack.client.get("/api/v1/watchlists?wait_ms=20000", headers=waiting).is_success


def test_pausing_again_is_on_record_again_and_changes_nothing(stack: Stack) -> None:
    account = stack.register()
    first = operate(stack, "pause", tenant_id=account.tenant_id)
    assert operate(stack, "pause", tenant_id=account.tenant_id) > first
    operate(stack, "resume", tenant_id=account.tenant_id)
    assert read(stack, write(stack, account)).is_success


@pytest.mark.parametrize("deed", ["pause", "resume"])
def test_what_is_not_there_is_not_paused(stack: Stack, deed: str) -> None:
    address = f"/api/v1/admin/projections/nothing/{deed}"
    answer = stack.client.post(address, headers=stack.administrator, json={})
    assert name(refused(answer, 404)) == "projection-not-found"
    address = f"/api/v1/admin/projections/document_list/{deed}"
    answer = stack.client.post(
        address, headers=stack.administrator, json={"tenant_id": str(uuid4())}
    )
    assert name(refused(answer, 404)) == "tenant-unknown"
    bodies: list[Any] = [{"tenant": "all"}, {"tenant_id": "all"}, [], {"tenant_id": 7}]
    for body in bodies:
        refused(stack.client.post(address, headers=stack.administrator, json=body), 422)
