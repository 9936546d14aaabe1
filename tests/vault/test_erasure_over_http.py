"""Whoever is erased is out at once, and nothing that races with the erasure brings them back."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from domain.personal import ERASED
from tests.api import Account
from tests.event_log import filled
from tests.http.problems import name, refused
from tests.logins import users
from tests.logins.users import PATH, User
from tests.stack import Stack

PARALLEL = 16
RACES = 6
REFUSED_WITHIN_SECONDS = 10.0


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Account:
    return stack.register()


def erased(stack: Stack, owner: Account, user: User) -> None:
    """Erase somebody and wait until what follows is done."""
    done = users.erase(stack, owner, user)
    assert done.status_code == 204, done.text
    refused(users.read(stack, owner, done, user.path), 404)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def rows(stack: Stack, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database.admin_url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def key_is_gone(stack: Stack, user: User) -> bool:
    query = "SELECT wrapped_key IS NULL FROM vault.person_keys WHERE person_id = %s"
    return rows(stack, query, user.id) == [(True,)]


def test_an_erased_user_is_out(stack: Stack, owner: Account) -> None:
    user = users.add(stack, owner)
    tokens = users.session(stack, user)
    done = users.erase(stack, owner, user)
    renewed = stack.client.post(
        "/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    )
    assert name(refused(renewed, 401)) == "session-over"
    assert name(refused(users.log_in(stack, user), 401)) == "login-refused"
    refused(users.read(stack, owner, done, user.path), 404)
    assert key_is_gone(stack, user)
    end = time.monotonic() + REFUSED_WITHIN_SECONDS
    while stack.client.get("/api/v1/tenant", headers=bearer(tokens)).is_success:
        assert time.monotonic() < end
        time.sleep(0.05)
    for path in ("/api/v1/tenant", "/api/v1/auth/me", "/api/v1/watchlists"):
        assert name(refused(stack.client.get(path, headers=bearer(tokens)), 401)) == "unauthorized"
    assert stack.client.get("/api/v1/tenant", headers=owner.headers).is_success


def test_nothing_of_an_erased_user_is_read_over_http(stack: Stack, owner: Account) -> None:
    user = users.add(stack, owner)
    users.session(stack, user)
    erased(stack, owner, user)
    listed = stack.client.get(f"{PATH}?limit=200", headers=owner.headers)
    assert user.email not in listed.text
    history = stack.client.get(
        "/api/v1/audit/events",
        headers=owner.headers,
        params={"stream_id": user.id, "personal": True},
    )
    registered = history.json()["items"][-1]
    assert registered["type"] == "login.registered"
    assert registered["data"]["email"] == registered["data"]["display_name"] == ERASED
    export = stack.client.get(
        "/api/v1/audit/export", headers=owner.headers, params={"personal": True}
    )
    assert export.is_success
    assert user.email not in export.text
    for process in stack.processes:
        assert user.email not in stack.log(process)


def test_of_many_who_erase_one_user_one_does(stack: Stack, owner: Account) -> None:
    user = users.add(stack, owner)

    def erase(_: int) -> httpx2.Response:
        with httpx2.Client(base_url=stack.url, timeout=60) as client:
            return client.delete(user.path, headers={**owner.headers, "If-Match": "*"})

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(erase, range(PARALLEL)))
    assert [answer.status_code for answer in answers].count(204) == 1
    for answer in answers:
        assert answer.is_success or name(refused(answer, 404, 409))
    found = rows(stack, "SELECT type FROM log.events WHERE stream_id = %s ORDER BY 1", user.id)
    assert found == [("login.erased",), ("login.registered",)]


@pytest.mark.parametrize("race", range(RACES))
def test_sessions_that_race_with_an_erasure_leave_nothing_readable(
    stack: Stack, owner: Account, race: int
) -> None:
    user = users.add(stack, owner)
    tokens = users.session(stack, user)

    def act(number: int) -> httpx2.Response:
        with httpx2.Client(base_url=stack.url, timeout=60) as client:
            time.sleep(number * race / 2_000)
            if number == PARALLEL // 2:
                headers = {**owner.headers, "If-Match": "*"}
                return client.delete(user.path, headers=headers)
            body = {"email": user.email, "password": users.PASSWORD, "tenant": user.slug}
            return client.post("/api/v1/auth/login", json=body)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(act, range(PARALLEL)))
    done = answers[PARALLEL // 2]
    assert done.status_code == 204
    refused(users.read(stack, owner, done, user.path), 404)
    assert key_is_gone(stack, user)
    for pair in (*(each.json() for each in answers if each.status_code == 200), tokens):
        renewed = stack.client.post(
            "/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]}
        )
        refused(renewed, 401)
    sessions = stack.client.get(
        "/api/v1/audit/events",
        headers=owner.headers,
        params={"type": "session.started", "personal": True, "limit": 200},
    )
    theirs = [e for e in sessions.json()["items"] if e["data"]["user_id"] == user.id]
    assert theirs
    assert {each["data"]["address"] for each in theirs} == {None}
    data = rows(
        stack, "SELECT convert_from(data, 'UTF8') FROM log.events WHERE type = 'session.started'"
    )
    assert all("127.0.0.1" not in text for (text,) in data)


@pytest.mark.parametrize("race", range(3))
def test_of_two_owners_who_erase_each_other_one_stays(stack: Stack, race: int) -> None:
    one = stack.register()
    other = users.account_of(stack, one, users.add(stack, one, "owner"))
    pairs = [(one, other.user_id), (other, one.user_id)] * (PARALLEL // 2)

    def erase(pair: tuple[Account, str]) -> httpx2.Response:
        acting, user_id = pair
        with httpx2.Client(base_url=stack.url, timeout=60) as client:
            headers = {**acting.headers, "If-Match": "*"}
            return client.delete(f"{PATH}/{user_id}", headers=headers)

    tried = pairs if race else pairs[::-1]
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(erase, tried))
    assert [answer.status_code for answer in answers].count(204) == 1
    assert {answer.status_code for answer in answers} <= {204, 401, 403, 404, 409}
    query = "SELECT count(*) FROM log.events WHERE tenant_id = %s AND type = 'login.erased'"
    assert rows(stack, query, one.tenant_id) == [(1,)]
    assert filled.verified(stack.database, UUID(one.tenant_id)).findings == []
    survivor = next(
        pair[0] for pair, answer in zip(tried, answers, strict=True) if answer.status_code == 204
    )
    third = users.add(stack, survivor, "owner")
    again = users.erase(stack, survivor, third)
    assert again.status_code == 204, again.text


def test_an_erased_administrator_does_nothing_more(stack: Stack) -> None:
    owner = stack.register()
    admin = users.add(stack, owner, "admin")
    acting = users.account_of(stack, owner, admin)
    victim = users.add(stack, owner)
    assert users.erase(stack, owner, admin).status_code == 204
    refused(users.erase(stack, acting, victim), 401, 403)
    made = stack.client.post(PATH, headers=acting.headers, json=users.body("new@example.org"))
    refused(made, 401, 403)
    assert stack.client.get(victim.path, headers=owner.headers).is_success


def test_the_tenant_of_an_erased_user_still_verifies(stack: Stack, owner: Account) -> None:
    user = users.add(stack, owner)
    erased(stack, owner, user)
    assert filled.verified(stack.database, UUID(owner.tenant_id)).findings == []
