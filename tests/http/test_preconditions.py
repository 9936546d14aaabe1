"""Two people never undo each other's changes without knowing."""

from concurrent.futures import ThreadPoolExecutor

import httpx2

from tests.api import Account
from tests.http.problems import name, refused
from tests.stack import Stack


def added(stack: Stack) -> tuple[Account, str]:
    """A new tenant, and the address of a document that is settled in it."""
    account = stack.register()
    document = stack.add_text(account, "Retention", "Invoices are kept for ten years.")
    stack.settled(account, document)
    return account, f"/api/v1/documents/{document}"


def etag(stack: Stack, account: Account, url: str) -> str:
    """The document's, once the list has caught up with its status."""
    history = stack.client.get(f"{url}/history", headers=account.headers).json()["items"]
    headers = {**account.headers, "X-Wait-For-Position": str(history[-1]["position"])}
    tag: str = stack.client.get(f"{url}?wait_ms=20000", headers=headers).headers["etag"]
    return tag


def test_the_etag_that_was_read_allows_a_change(stack: Stack) -> None:
    account, url = added(stack)
    matching = {**account.headers, "If-Match": etag(stack, account, url)}
    assert stack.client.delete(url, headers=matching).status_code == 204
    assert name(refused(stack.client.delete(url, headers=matching), 404)) == "document-not-found"


def test_an_older_or_newer_etag_is_stale_and_changes_nothing(stack: Stack) -> None:
    account, url = added(stack)
    now = int(etag(stack, account, url).strip('"'))
    for version in (now - 1, now + 1, 0):
        headers = {**account.headers, "If-Match": f'"{version}"'}
        assert name(refused(stack.client.delete(url, headers=headers), 412)) == "stale"
    assert stack.client.get(url, headers=account.headers).is_success


def test_a_change_without_an_etag_is_asked_for_one(stack: Stack) -> None:
    account, url = added(stack)
    problem = refused(stack.client.delete(url, headers=account.headers), 428)
    assert name(problem) == "precondition-required"
    assert stack.client.get(url, headers=account.headers).is_success


def test_of_two_changes_of_the_same_version_one_is_stale(stack: Stack) -> None:
    account, url = added(stack)
    headers = {**account.headers, "If-Match": etag(stack, account, url)}

    def remove(_: int) -> int:
        with httpx2.Client(base_url=stack.url, timeout=30) as client:
            return client.delete(url, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(remove, range(8)))
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 404, 412}
    history = stack.client.get(f"{url}/history", headers=account.headers).json()["items"]
    assert [event["type"] for event in history].count("document.removed") == 1
