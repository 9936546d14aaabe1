"""A token that was found good a moment ago is good again, and no other is."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest

from infrastructure.identity.remembered import SECONDS, Remembered
from infrastructure.identity.tokens import Claims, TokenRefused, Tokens
from tests.http.problems import name, refused
from tests.logins import users
from tests.stack import Stack

SECRET = "a-secret-of-a-test-0123456789-0123456789"
ME = "/api/v1/auth/me"
USER, TENANT, SESSION = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
def remembered() -> Remembered[Claims]:
    return Remembered(seconds=60)


@pytest.fixture
def tokens(remembered: Remembered[Claims]) -> Tokens:
    return tokens_of(SECRET, remembered)


def tokens_of(secret: str, remembered: Remembered[Claims], *, access_seconds: int = 900) -> Tokens:
    return Tokens(secret, access_seconds=access_seconds, refresh_seconds=900, remembered=remembered)


def access_token(tokens: Tokens, session_id: UUID = SESSION) -> str:
    pair = tokens.issue(
        user_id=USER,
        tenant_id=TENANT,
        session_id=session_id,
        role="owner",
        generation=1,
        now=datetime.now(UTC),
    )
    return pair.access_token


def test_a_good_token_is_remembered_and_says_the_same_again(
    tokens: Tokens, remembered: Remembered[Claims]
) -> None:
    token = access_token(tokens)
    first = tokens.read(token, "access")
    assert len(remembered) == 1
    assert tokens.read(token, "access") is first
    assert (first.user_id, first.tenant_id, first.session_id) == (USER, TENANT, SESSION)


def test_a_token_past_its_end_is_refused_although_it_is_remembered(
    remembered: Remembered[Claims],
) -> None:
    tokens = tokens_of(SECRET, remembered, access_seconds=2)
    token = access_token(tokens)
    over_at = int(tokens.read(token, "access").expires_at.timestamp())
    assert len(remembered) == 1
    while time.time() < over_at:
        time.sleep(0.01)
    with pytest.raises(TokenRefused):
        tokens.read(token, "access")
    assert len(remembered) == 0


def test_what_is_refused_is_never_remembered(
    tokens: Tokens, remembered: Remembered[Claims]
) -> None:
    good = access_token(tokens)
    said = jwt.decode(good, options={"verify_signature": False})
    over = jwt.encode({**said, "exp": said["iat"] - 1}, SECRET, algorithm="HS256")
    of_another = jwt.encode(said, f"another-{SECRET}", algorithm="HS256")
    other_signature = good.rpartition(".")[0] + "." + of_another.rpartition(".")[2]
    for token in (over, of_another, other_signature, "x", "", "é" * 100, "\ud800", "A" * 10_000):
        for _ in range(2):
            with pytest.raises(TokenRefused):
                tokens.read(token, "access")
    assert len(remembered) == 0


def test_a_remembered_token_vouches_for_no_other(
    tokens: Tokens, remembered: Remembered[Claims]
) -> None:
    good = access_token(tokens)
    tokens.read(good, "access")
    message, _, signature = good.rpartition(".")
    first = "A" if signature[0] != "A" else "B"
    for token in (message, f"{message}.{first}{signature[1:]}", good + "=", good + " ", good + "A"):
        with pytest.raises(TokenRefused):
            tokens.read(token, "access")
    assert len(remembered) == 1


def test_an_access_token_that_is_remembered_is_no_refresh_token(tokens: Tokens) -> None:
    token = access_token(tokens)
    tokens.read(token, "access")
    with pytest.raises(TokenRefused):
        tokens.read(token, "refresh")


def test_another_secret_knows_nothing_of_what_was_good_under_the_first() -> None:
    before = Tokens(SECRET, access_seconds=900, refresh_seconds=900)
    token = access_token(before)
    before.read(token, "access")
    with pytest.raises(TokenRefused):
        Tokens(f"new-{SECRET}", access_seconds=900, refresh_seconds=900).read(token, "access")


def test_so_many_are_remembered_and_the_one_unused_longest_goes_first() -> None:
    remembered: Remembered[Claims] = Remembered(seconds=60, tokens_max=3)
    tokens = tokens_of(SECRET, remembered)
    given = [access_token(tokens, uuid4()) for _ in range(4)]
    said = [tokens.read(token, "access") for token in given[:3]]
    tokens.read(given[0], "access")
    tokens.read(given[3], "access")
    assert len(remembered) == 3
    assert remembered.recall(given[0]) is said[0]
    assert remembered.recall(given[1]) is None
    assert remembered.recall(given[2]) is said[2]


def test_a_token_is_remembered_for_seconds_only_and_never_as_it_was() -> None:
    remembered: Remembered[str] = Remembered(seconds=0.05)
    remembered.remember("token", "says", expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert list(remembered._found) == [hashlib.sha256(b"token").digest()]
    time.sleep(0.06)
    assert remembered.recall("token") is None
    assert len(remembered) == 0


def test_a_remembered_token_of_somebody_who_is_erased_is_refused(stack: Stack) -> None:
    owner = stack.register()
    user = users.add(stack, owner)
    headers = users.account_of(stack, owner, user).headers
    assert stack.client.get(ME, headers=headers).is_success
    assert users.erase(stack, owner, user).status_code == 204
    deadline = time.monotonic() + SECONDS - 1
    while stack.client.get(ME, headers=headers).is_success:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert name(refused(stack.client.get(ME, headers=headers), 401)) == "unauthorized"
