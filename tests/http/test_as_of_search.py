"""Searches and questions are answered as of any moment of the tenant's log."""

from typing import Any

import msgspec
import pytest

from tests.api import Account
from tests.http import archives
from tests.http.problems import name, refused
from tests.http.routes import V1
from tests.stack import Stack

TEXT = "Invoices are kept for ten years."
QUESTION = {"query": "How long are invoices kept?"}
SEARCH, ASK = f"{V1}/search", f"{V1}/rag/query"
WAITING = "?wait_ms=20000"


class Life(msgspec.Struct, frozen=True):
    """A document that was embedded at one position and removed at another."""

    account: Account
    document: str
    embedded: int
    removed: int


@pytest.fixture(scope="module")
def life(stack: Stack) -> Life:
    account = stack.register()
    document = stack.add_text(account, "Retention", TEXT)
    assert stack.settled(account, document)["overall"] == "COMPLETED"
    url = f"{V1}/documents/{document}"
    stack.client.delete(url, headers={**account.headers, "If-Match": "*"})
    facts = stack.client.get(f"{url}/history", headers=account.headers).json()["items"]
    embedded = next(
        fact["position"]
        for fact in facts
        if fact["type"] == "document.stage_completed" and fact["data"]["stage"] == "EMBEDDING"
    )
    return Life(account, document, embedded, facts[-1]["position"])


def post(stack: Stack, account: Account, path: str, **more: Any) -> Any:
    answer = stack.client.post(path + WAITING, headers=account.headers, json={**QUESTION, **more})
    assert answer.status_code == 200, answer.text
    return answer


def test_a_search_finds_what_there_was_to_find(stack: Stack, life: Life) -> None:
    for at in range(life.removed + 1):
        for mode in ("hybrid", "lexical", "vector"):
            answer = post(stack, life.account, SEARCH, as_of=at, mode=mode)
            assert answer.headers["x-as-of-position"] == str(at)
            found = [each["text"] for each in answer.json()["items"]]
            assert found == ([TEXT] if life.embedded <= at < life.removed else [])
    now = post(stack, life.account, SEARCH)
    assert (now.json()["items"], "x-as-of-position" in now.headers) == ([], False)


def test_an_answer_is_given_from_what_was_known_then(stack: Stack, life: Life) -> None:
    for at in (0, life.embedded - 1, life.embedded, life.removed - 1, life.removed):
        answer = post(stack, life.account, ASK, as_of=at)
        assert answer.headers["x-as-of-position"] == str(at)
        cited = [each["document_id"] for each in answer.json()["sources"]]
        assert cited == ([life.document] if life.embedded <= at < life.removed else [])


@pytest.mark.parametrize("then", [True, False], ids=["as of a moment", "of the present"])
def test_a_receipt_names_the_position_that_proves_it(stack: Stack, then: bool) -> None:
    account = stack.register()
    document = stack.add_text(account, "Retention", TEXT)
    stack.settled(account, document)
    url = f"{V1}/documents/{document}"
    facts = stack.client.get(f"{url}/history", headers=account.headers).json()["items"]
    at = facts[-1]["position"]
    waiting = {**account.headers, "X-Wait-For-Position": str(at)}
    body = {**QUESTION, "as_of": at} if then else QUESTION
    answer = stack.client.post(ASK + WAITING, headers=waiting, json=body)
    of_receipt = {"stream_id": answer.json()["receipt_id"]}
    read = stack.client.get(f"{V1}/audit/events", headers=account.headers, params=of_receipt)
    (receipt,) = read.json()["items"]
    stated = receipt["data"]["index_position"]
    assert answer.headers["x-as-of-position"] == str(stated)
    assert stated == at if then else stated >= at
    stack.client.delete(url, headers={**account.headers, "If-Match": "*"})
    again = post(stack, account, ASK, as_of=stated).json()
    assert again["sources"] == answer.json()["sources"] != []
    assert again["answer"] == answer.json()["answer"]


@pytest.mark.parametrize("path", [SEARCH, ASK])
@pytest.mark.parametrize(
    ("as_of", "problem"),
    [
        (-1, "as-of-invalid"),
        (10**30, "as-of-not-yet"),
        (10**6, "as-of-not-yet"),
        ("", "as-of-invalid"),
        ("yesterday", "as-of-invalid"),
        ("2026-11-20T09:30:00", "as-of-invalid"),
        ("9999-12-31T23:59:59Z", "as-of-not-yet"),
        (1.5, "invalid-request"),
        (True, "invalid-request"),
        ([1], "invalid-request"),
    ],
)
def test_what_is_no_moment_of_the_log_is_refused(
    stack: Stack, life: Life, path: str, as_of: object, problem: str
) -> None:
    answer = stack.client.post(
        path, headers=life.account.headers, json={**QUESTION, "as_of": as_of}
    )
    assert name(refused(answer, 422)) == problem


def test_todays_right_decides_and_strangers_find_nothing(stack: Stack, life: Life) -> None:
    auditor = archives.as_role(stack, life.account, "auditor").headers
    stranger = stack.register()
    for _ in range(life.embedded):
        stack.client.post(
            f"{V1}/knowledge-bases", headers=stranger.headers, json={"name": "Contracts"}
        )
    for path, found in ((SEARCH, "items"), (ASK, "sources")):
        body = {**QUESTION, "as_of": life.embedded}
        assert (
            name(refused(stack.client.post(path, headers=auditor, json=body), 403)) == "forbidden"
        )
        assert post(stack, stranger, path, as_of=life.embedded).json()[found] == []
        assert post(stack, life.account, path, as_of=life.embedded).json()[found]


def test_an_index_that_has_not_come_to_the_moment_says_so(stack: Stack) -> None:
    account = stack.register()
    pause = f"{V1}/admin/projections/chunk_index"
    of = {"tenant_id": account.tenant_id}
    assert stack.client.post(f"{pause}/pause", headers=stack.administrator, json=of).is_success
    made = stack.client.post(
        f"{V1}/knowledge-bases", headers=account.headers, json={"name": "Contracts"}
    )
    at = int(made.headers["x-event-position"])
    for path in (SEARCH, ASK):
        body = {**QUESTION, "as_of": at}
        answer = stack.client.post(path, headers=account.headers, json=body)
        assert name(refused(answer, 503)) == "projection-behind"
    assert stack.client.post(f"{pause}/resume", headers=stack.administrator, json=of).is_success
    assert post(stack, account, SEARCH, as_of=at).json()["items"] == []
