"""Logging in tells nobody who is known here."""

import secrets
import statistics
import time
from typing import Any

import bcrypt
import httpx2
import pytest

from tests.api import Account
from tests.http.problems import name, refused, without_id
from tests.stack import Stack

LOGIN = "/api/v1/auth/login"
PAIRS = 200
PER_REQUEST = {"date", "x-request-id"}


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


def log_in(stack: Stack, email: str, password: str, **more: Any) -> httpx2.Response:
    return stack.client.post(LOGIN, json={"email": email, "password": password, **more})


def comparable(answer: httpx2.Response) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {key: value for key, value in answer.headers.items() if key not in PER_REQUEST}
    return without_id(refused(answer, 401)), headers


@pytest.mark.parametrize("other", [
    {"email": "nobody@example.org"}, {"email": "nobody"}, {"email": ""}, {"email": "a@b.c\x00"},
    {"tenant": "nowhere"}, {"tenant": ""}, {"tenant": "\x00"}, {"tenant": "é"}, {"tenant": "A B"},
    {"password": ""}, {"password": "x" * 129}, {"password": "\x00"}, {"password": "x" * 1_024},
], ids=repr)  # fmt: skip
def test_every_refusal_is_that_of_a_wrong_password(
    stack: Stack, account: Account, other: dict[str, str]
) -> None:
    wrong = {"email": account.email, "password": "Wrong-Horse-7"}
    answer = stack.client.post(LOGIN, json=wrong | other)
    assert comparable(answer) == comparable(stack.client.post(LOGIN, json=wrong))


def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    stack: Stack, account: Account
) -> None:
    seconds: dict[str, list[float]] = {account.email: [], "nobody@example.org": []}
    for _ in range(PAIRS):
        for email, took in seconds.items():
            began = time.perf_counter()
            answer = log_in(stack, email, "Wrong-Horse-7")
            took.append(time.perf_counter() - began)
            assert answer.status_code == 401
    known, unknown = (statistics.median(took) for took in seconds.values())
    assert abs(known - unknown) < 0.010


@pytest.mark.parametrize("given", [
    {}, {"email": "no address"}, {"tenant": "nowhere"}, {"tenant": "\x00"}, {"password": "x" * 200},
], ids=repr)  # fmt: skip
def test_a_hash_is_made_for_an_unknown_address_too(web_alone: Stack, given: dict[str, str]) -> None:
    salt = bcrypt.gensalt(int(web_alone.environment["MUNIMENT_BCRYPT_COST"]))
    hashing, answering = [], []
    for _ in range(3):
        began = time.process_time()  # what a hash costs, however busy the machine is
        bcrypt.hashpw(b"Wrong-Horse-7", salt)
        hashing.append(time.process_time() - began)
        began = time.perf_counter()
        body = {"email": "nobody@example.org", "password": "Wrong-Horse-7"} | given
        refused(web_alone.client.post(LOGIN, json=body), 401)
        answering.append(time.perf_counter() - began)
    assert min(answering) > 0.5 * min(hashing)


def test_all_of_a_long_password_counts(stack: Stack) -> None:
    shared = "Correct-Horse-7-" + "x" * 72
    owner = {"email": "long@example.org", "password": f"{shared}1"}
    body = {"name": "Long", "slug": "long-password", "owner": owner}
    assert stack.client.post("/api/v1/tenants", json=body).status_code == 201
    assert log_in(stack, "long@example.org", f"{shared}1").is_success
    for other in (f"{shared}2", shared, f"{shared}1 ", f"{shared}11", f"{shared}1\x00"):
        refused(log_in(stack, "long@example.org", other), 401)


@pytest.mark.parametrize("password", [
    "Correct-Horse-7é", "Пароль-лошадь-7", "Correct-Horse-7\x00tail", "Correct Horse 7 🐎",
    "C7" + "\x00" * 8, "C7" + "x" * 126,
])  # fmt: skip
def test_a_password_may_hold_any_character(stack: Stack, password: str) -> None:
    slug = f"any-{secrets.token_hex(6)}"
    owner = {"email": f"{slug}@example.org", "password": password}
    body = {"name": "Any", "slug": slug, "owner": owner}
    assert stack.client.post("/api/v1/tenants", json=body).status_code == 201
    assert log_in(stack, owner["email"], password).is_success
    other = password.partition("\x00")[0] if "\x00" in password else f"{password}x"
    refused(log_in(stack, owner["email"], other), 401)


@pytest.mark.parametrize("password", [
    "", "Short-7", "no-upper-case-7", "No-Digit-At-All", "x" * 129, "C7" + "x" * 127,
    "C7" + "x" * 2**20,
], ids=len)  # fmt: skip
def test_a_password_that_is_too_weak_or_too_long_is_refused(stack: Stack, password: str) -> None:
    owner = {"email": "ada@example.org", "password": password}
    body = {"name": "Example", "slug": "never-registered", "owner": owner}
    problem = refused(stack.client.post("/api/v1/tenants", json=body), 422)
    assert name(problem) == "password-too-weak"


def test_a_password_of_1_mb_is_refused_before_anything_is_hashed(stack: Stack) -> None:
    problem = refused(log_in(stack, "ada@example.org", "x" * 2**20), 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/password"]


def test_an_address_in_two_tenants_needs_the_tenant(stack: Stack) -> None:
    one, two = stack.register(email="both@example.org"), stack.register(email="Both@Example.org")
    refused(log_in(stack, "both@example.org", one.password), 401)
    for account in (one, two):
        answer = log_in(stack, "BOTH@example.org", account.password, tenant=account.slug)
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        me = stack.client.get("/api/v1/auth/me", headers=token).json()
        assert (me["tenant_id"], me["user_id"]) == (account.tenant_id, account.user_id)
    refused(log_in(stack, "both@example.org", one.password, tenant="nowhere"), 401)


def test_a_tenant_is_registered_with_an_address_that_another_uses(
    stack: Stack, account: Account
) -> None:
    again = stack.register(email=account.email)
    assert again.tenant_id != account.tenant_id
    body = {
        "name": "Thief",
        "slug": account.slug,
        "owner": {"email": "thief@example.org", "password": "Correct-Horse-7"},
    }
    problem = refused(stack.client.post("/api/v1/tenants", json=body), 409)
    assert name(problem) == "tenant-slug-taken"
    assert account.tenant_id not in str(problem)
