"""A refresh token is good once, and what a thief does with it ends the session."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.api import Account
from tests.http.problems import name, refused, without_id
from tests.stack import Stack

PARALLEL = 16


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


def log_in(stack: Stack, account: Account) -> dict[str, Any]:
    credentials = {"email": account.email, "password": account.password}
    answer = stack.client.post("/api/v1/auth/login", json=credentials)
    pair: dict[str, Any] = answer.json()
    assert pair["token_type"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    return pair


def refresh(client: httpx2.Client, token: str) -> httpx2.Response:
    return client.post("/api/v1/auth/refresh", json={"refresh_token": token})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_each_refresh_gives_a_new_pair_for_the_same_login(stack: Stack, account: Account) -> None:
    pair = log_in(stack, account)
    first = stack.client.get("/api/v1/auth/me", headers=bearer(pair["access_token"])).json()
    seen = {pair["refresh_token"]}
    for _ in range(3):
        answer = refresh(stack.client, pair["refresh_token"])
        assert int(answer.headers["x-event-position"]) > 0
        pair = answer.json()
        me = stack.client.get("/api/v1/auth/me", headers=bearer(pair["access_token"])).json()
        assert me == first
        assert pair["refresh_token"] not in seen
        seen.add(pair["refresh_token"])


def test_a_refresh_token_used_twice_ends_its_session(stack: Stack, account: Account) -> None:
    first = log_in(stack, account)["refresh_token"]
    second = refresh(stack.client, first).json()["refresh_token"]
    assert name(refused(refresh(stack.client, first), 401)) == "session-over"
    assert name(refused(refresh(stack.client, second), 401)) == "session-over"


def test_a_session_that_ends_leaves_the_others_alone(stack: Stack, account: Account) -> None:
    stolen, other = log_in(stack, account), log_in(stack, account)
    refresh(stack.client, stolen["refresh_token"])
    refused(refresh(stack.client, stolen["refresh_token"]), 401)
    assert refresh(stack.client, other["refresh_token"]).is_success


def test_of_parallel_refreshes_with_one_token_at_most_one_succeeds(
    stack: Stack, account: Account
) -> None:
    token = log_in(stack, account)["refresh_token"]

    def one(_: int) -> httpx2.Response:
        with httpx2.Client(base_url=stack.url, timeout=30) as client:
            return refresh(client, token)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(one, range(PARALLEL)))
    given = [answer.json()["refresh_token"] for answer in answers if answer.is_success]
    assert len(given) <= 1
    for answer in answers:
        assert answer.is_success or name(refused(answer, 401, 409))
    refused(refresh(stack.client, token), 401)
    for successor in given:  # the session is over for thief and owner alike
        refused(refresh(stack.client, successor), 401)


def test_logging_out_voids_the_refresh_token(stack: Stack, account: Account) -> None:
    pair = log_in(stack, account)
    headers = bearer(pair["access_token"])
    answer = stack.client.post("/api/v1/auth/logout", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert name(refused(refresh(stack.client, pair["refresh_token"]), 401)) == "session-over"
    again = stack.client.post("/api/v1/auth/logout", headers=headers)
    assert again.status_code == 204


def test_logging_out_is_a_post_and_needs_a_token(stack: Stack, account: Account) -> None:
    pair = log_in(stack, account)
    headers = bearer(pair["access_token"])
    refused(stack.client.get("/api/v1/auth/logout", headers=headers), 405)
    refused(stack.client.post("/api/v1/auth/logout"), 401)
    assert refresh(stack.client, pair["refresh_token"]).is_success


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\x00", "é", "x" * 4_096])
def test_what_is_no_refresh_token_is_refused_like_no_token_at_all(stack: Stack, token: str) -> None:
    nothing = stack.client.get("/api/v1/auth/me").json()
    assert without_id(refused(refresh(stack.client, token), 401)) == without_id(nothing)
