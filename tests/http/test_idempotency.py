"""With an `Idempotency-Key`, a request that is sent again is done once and answered alike."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.api import Account
from tests.http import archives
from tests.http.problems import name, refused
from tests.stack import Stack

BASES = "/api/v1/knowledge-bases"
DOCUMENTS = "/api/v1/documents"
DOCUMENT = {"title": "Retention", "text": "Invoices are kept for ten years."}
SOMEBODY_WAITS = """
SELECT FROM pg_stat_activity WHERE datname = %s AND cardinality(pg_blocking_pids(pid)) > 0
"""
REQUESTS = {BASES: {"name": "Contracts"}, DOCUMENTS: DOCUMENT}


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


def post(stack: Stack, account: Account, path: str, key: str, body: Any) -> httpx2.Response:
    headers = {**account.headers, "Idempotency-Key": key}
    return stack.client.post(path, headers=headers, json=body)


def head_position(stack: Stack, account: Account) -> int:
    """How many events the tenant's log holds, by one more that is written for it."""
    answer = stack.client.post(BASES, headers=account.headers, json={"name": "Mark"})
    return int(answer.headers["x-event-position"]) - 1


@pytest.mark.parametrize("path", REQUESTS)
def test_a_request_sent_again_records_nothing_new(stack: Stack, path: str) -> None:
    account, key = stack.register(), str(uuid4())
    first = post(stack, account, path, key, REQUESTS[path])
    assert first.is_success
    for _ in range(3):
        again = post(stack, account, path, key, REQUESTS[path])
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["x-event-position"] == first.headers["x-event-position"]
    listed = stack.client.get(
        f"{path}?wait_ms=20000",
        headers={**account.headers, "X-Wait-For-Position": first.headers["x-event-position"]},
    )
    assert [item["id"] for item in listed.json()["items"]] == [first.json()["id"]]


@pytest.mark.parametrize("path", REQUESTS)
def test_a_key_used_for_something_else_is_refused(
    stack: Stack, account: Account, path: str
) -> None:
    key, body = str(uuid4()), REQUESTS[path]
    assert post(stack, account, path, key, body).is_success
    field = "name" if "name" in body else "text"
    answer = post(stack, account, path, key, {**body, field: "Something else"})
    assert name(refused(answer, 422)) == "command-reused"


def test_a_file_sent_again_under_its_key_is_one_document(stack: Stack, account: Account) -> None:
    headers = {**account.headers, "Idempotency-Key": str(uuid4())}
    first, again = (
        stack.client.post(DOCUMENTS, headers=headers, files={"file": ("a.txt", b"Ten years.")})
        for _ in range(2)
    )
    assert first.json() == again.json()
    other = stack.client.post(DOCUMENTS, headers=headers, files={"file": ("a.txt", b"Nine.")})
    assert name(refused(other, 422)) == "command-reused"


def test_the_same_key_elsewhere_or_from_somebody_else_is_another(
    stack: Stack, account: Account
) -> None:
    key, other = str(uuid4()), stack.register()
    ids = {
        post(stack, who, path, key, REQUESTS[path]).json()["id"]
        for who in (account, other)
        for path in REQUESTS
    }
    assert len(ids) == 4


def test_a_failed_request_may_be_sent_again_under_its_key(stack: Stack, account: Account) -> None:
    key = str(uuid4())
    refused(post(stack, account, BASES, key, {"name": ""}), 422)
    assert post(stack, account, BASES, key, {"name": "Contracts"}).status_code == 201


def test_a_registration_sent_again_is_one_tenant(stack: Stack) -> None:
    slug, headers = f"t-{uuid4().hex[:12]}", {"Idempotency-Key": str(uuid4())}
    owner = {"email": f"{slug}@example.org", "password": "Correct-Horse-7"}
    body = {"name": "Twice", "slug": slug, "owner": owner}
    first, again = (
        stack.client.post("/api/v1/tenants", headers=headers, json=body) for _ in range(2)
    )
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = stack.client.post("/api/v1/tenants", headers=headers, json={**body, "name": "Other"})
    assert name(refused(other, 422)) == "command-reused"
    without = stack.client.post("/api/v1/tenants", json=body)
    assert name(refused(without, 409)) == "tenant-slug-taken"


def test_a_retry_sent_again_is_one_retry(stack: Stack, account: Account) -> None:
    broken = {"file": ("broken.pdf", b"%PDF-1.7\n")}
    added = stack.client.post(DOCUMENTS, headers=account.headers, files=broken)
    url = f"{DOCUMENTS}/{added.json()['id']}"
    assert stack.settled(account, added.json()["id"])["overall"] == "FAILED"
    retry, key = f"{url}/stages/INGESTION/retry", str(uuid4())
    first = post(stack, account, retry, key, None)
    again = post(stack, account, retry, key, None)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    history = stack.client.get(f"{url}/history", headers=account.headers).json()["items"]
    assert [event["type"] for event in history].count("document.stage_retried") == 1


def test_parallel_requests_under_one_key_record_once(stack: Stack) -> None:
    account, key = stack.register(), str(uuid4())
    before = head_position(stack, account)

    def one(_: int) -> httpx2.Response:
        headers = {**account.headers, "Idempotency-Key": key}
        with httpx2.Client(base_url=stack.url, timeout=30) as client:
            return client.post(BASES, headers=headers, json={"name": "Contracts"})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, range(16)))
    ids = {answer.json()["id"] for answer in answers if answer.is_success}
    assert len(ids) == 1
    for answer in answers:
        if not answer.is_success:
            assert name(refused(answer, 409)) == "still-running"
            assert int(answer.headers["retry-after"]) >= 1
    assert head_position(stack, account) == before + 2  # the mark, and one knowledge base


def test_a_request_is_told_that_the_first_is_still_running(stack: Stack, account: Account) -> None:
    key, head = str(uuid4()), "SELECT FROM log.heads WHERE tenant_id = %s FOR UPDATE"
    with (
        psycopg.connect(stack.database.admin_url) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        assert connection.execute(head, [account.tenant_id]).rowcount == 1  # the first has to wait
        with httpx2.Client(base_url=stack.url, timeout=30) as client:
            headers = {**account.headers, "Idempotency-Key": key}
            first = pool.submit(
                lambda: client.post(BASES, headers=headers, json={"name": "Contracts"})
            )
            while not connection.execute(SOMEBODY_WAITS, [stack.database.name]).fetchall():
                assert not first.done()
            second = post(stack, account, BASES, key, {"name": "Contracts"})
            assert name(refused(second, 409)) == "still-running"
            assert int(second.headers["retry-after"]) >= 1
            assert not first.done()
            connection.rollback()
            answer = first.result(timeout=15)
    assert answer.status_code == 201
    third = post(stack, account, BASES, key, {"name": "Contracts"})
    assert (third.status_code, third.json()) == (201, answer.json())


def test_the_same_key_from_a_colleague_is_another(stack: Stack, account: Account) -> None:
    key, colleague = str(uuid4()), archives.colleague(stack, account)
    answers = [
        post(stack, who, BASES, key, {"name": f"Of {who.headers['Authorization'][-8:]}"})
        for who in (account, colleague)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 2
