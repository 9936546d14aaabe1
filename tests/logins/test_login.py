"""Who may log in, and with what."""

import pytest

from domain.logins import login
from domain.logins.events import LoginRegistered
from tests.given import given


def test_an_address_is_stored_in_one_spelling() -> None:
    given(login.evolve).when(
        login.register,
        email=" Ada@Example.ORG ",
        password_hash="hash",
        display_name=None,
        role="owner",
    ).then(
        LoginRegistered(
            email="ada@example.org", password_hash="hash", display_name="ada", role="owner"
        )
    )


@pytest.mark.parametrize(
    "email", ["", "a", "a@b", "a@@b.c", "a b@c.d", "a@b.c\x00", "@b.c", "a@" + "x" * 252 + ".c"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    given(login.evolve).when(
        login.register, email=email, password_hash="hash", display_name="Ada", role="owner"
    ).then_refused(login.EmailInvalid)


@pytest.mark.parametrize("password", ["Short1", "alllower1", "NoDigitsHere", "A1" + "x" * 127])
def test_a_plain_password_is_refused(password: str) -> None:
    with pytest.raises(login.PasswordTooWeak):
        login.check_password(password)


@pytest.mark.parametrize("password", ["Longer-1", "A1" + "ü" * 126, "Äpfel 22"])
def test_a_good_password_passes(password: str) -> None:
    login.check_password(password)
