"""The users of a tenant over HTTP, as tests ask for them."""

import secrets
from typing import Any

import httpx2
import msgspec

from tests.api import Account
from tests.stack import Stack

PATH = "/api/v1/users"
PASSWORD = "Correct-Horse-8"


class User(msgspec.Struct, frozen=True):
    """Somebody who was registered, and can log in."""

    id: str
    email: str
    slug: str

    @property
    def path(self) -> str:
        """Their address."""
        return f"{PATH}/{self.id}"


def body(email: str, role: str = "editor", **more: Any) -> dict[str, Any]:
    """A registration."""
    return {"email": email, "password": PASSWORD, "role": role, **more}


def add(stack: Stack, account: Account, role: str = "editor", email: str = "") -> User:
    """A new user; read models have them when this returns."""
    email = email or f"{secrets.token_hex(6)}.larkfield@{account.slug}.example"
    made = stack.client.post(PATH, headers=account.headers, json=body(email, role))
    assert made.status_code == 201, made.text
    read(stack, account, made, PATH)
    return User(made.json()["id"], email, account.slug)


def read(stack: Stack, account: Account, after: httpx2.Response, path: str) -> httpx2.Response:
    """What a path answers once read models have what was written."""
    headers = {**account.headers, "X-Wait-For-Position": after.headers["x-event-position"]}
    return stack.client.get(f"{path}?wait_ms=20000", headers=headers)


def log_in(stack: Stack, user: User, password: str = PASSWORD) -> httpx2.Response:
    """Try to log in."""
    credentials = {"email": user.email, "password": password, "tenant": user.slug}
    return stack.client.post("/api/v1/auth/login", json=credentials)


def session(stack: Stack, user: User) -> dict[str, Any]:
    """The tokens of a new session."""
    answer = log_in(stack, user)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def account_of(stack: Stack, account: Account, user: User) -> Account:
    """The user as somebody who makes requests."""
    tokens = session(stack, user)
    return Account(
        tenant_id=account.tenant_id,
        user_id=user.id,
        slug=account.slug,
        email=user.email,
        password=PASSWORD,
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    )


def erase(stack: Stack, account: Account, user: User, match: str = "*") -> httpx2.Response:
    """Ask for an erasure."""
    return stack.client.delete(user.path, headers={**account.headers, "If-Match": match})
