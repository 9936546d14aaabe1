"""Watchlists as their owner, a colleague and a stranger see them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from infrastructure.identity.tokens import Tokens
from tests.stack import Account, Stack

PATH = "/api/v1/watchlists"


def create(stack: Stack, account: Account, name: str = "Banks") -> str:
    answer = stack.client.post(PATH, headers=account.headers, json={"name": name})
    assert answer.status_code == 201, answer.text
    account.headers["X-Wait-For-Position"] = str(answer.json()["position"])
    watchlist_id: str = answer.json()["id"]
    return watchlist_id


def after(account: Account, answer: Any) -> None:
    """Read on from what was just written."""
    account.headers["X-Wait-For-Position"] = answer.headers["X-Event-Position"]


def test_the_life_of_a_watchlist(stack: Stack) -> None:
    ada = stack.register()
    watchlist = f"{PATH}/{create(stack, ada)}"
    for ticker in ("2222", "1120", "2222"):
        answer = stack.client.put(f"{watchlist}/tickers/{ticker}", headers=ada.headers)
        assert answer.status_code == 204, answer.text
        after(ada, answer)
    read = stack.client.get(watchlist, headers=ada.headers)
    assert read.json()["tickers"] == ["1120", "2222"]
    after(ada, stack.client.delete(f"{watchlist}/tickers/1120", headers=ada.headers))
    headers = ada.headers | {"If-Match": "*"}
    renamed = stack.client.patch(watchlist, headers=headers, json={"name": "Energy"})
    assert renamed.status_code == 200
    after(ada, renamed)
    listed = stack.client.get(PATH, headers=ada.headers).json()["items"]
    assert [(each["name"], each["tickers"]) for each in listed] == [("Energy", ["2222"])]
    removed = stack.client.delete(watchlist, headers=ada.headers | {"If-Match": "*"})
    assert removed.status_code == 204
    after(ada, removed)
    assert stack.client.get(watchlist, headers=ada.headers).status_code == 404
    assert stack.client.get(PATH, headers=ada.headers).json()["items"] == []


def test_a_ticker_that_is_none_is_refused(stack: Stack) -> None:
    ada = stack.register()
    watchlist = f"{PATH}/{create(stack, ada)}"
    for ticker in ("12345", "abcd", "%D9%A1%D9%A2%D9%A3%D9%A4"):
        answer = stack.client.put(f"{watchlist}/tickers/{ticker}", headers=ada.headers)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:muniment:problem:ticker-invalid"


def test_a_colleague_of_the_same_tenant_finds_no_such_watchlist(stack: Stack) -> None:
    ada = stack.register()
    watchlist_id = create(stack, ada)
    bob = colleague(stack, ada)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("PUT", "/tickers/2222", None),
        ("DELETE", "/tickers/2222", None),
    ):
        answers = [
            stack.client.request(method, f"{PATH}/{each}{path}", headers=bob, json=body)
            for each in (watchlist_id, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404], method
        bodies = [answer.json() | {"request_id": ""} for answer in answers]
        assert bodies[0] == bodies[1]
    assert stack.client.get(PATH, headers=bob).json()["items"] == []


def colleague(stack: Stack, ada: Account) -> dict[str, str]:
    """An editor of the same tenant: signed as the server would."""
    tokens = Tokens(
        stack.environment["MUNIMENT_JWT_SECRET"], access_seconds=600, refresh_seconds=600
    )
    pair = tokens.issue(
        user_id=uuid4(),
        tenant_id=UUID(ada.tenant_id),
        session_id=uuid4(),
        role="editor",
        generation=1,
        now=datetime.now(UTC),
    )
    return {"Authorization": f"Bearer {pair.access_token}", "If-Match": "*"}
