"""A login: one person's way in to one tenant."""

import re
import unicodedata
from typing import Literal
from uuid import UUID

import msgspec

from domain.event import Conflict, Event, Invalid, NotFound, RuleBroken, UnknownEvent
from domain.logins.events import LoginErased, LoginRegistered
from domain.personal import ERASED
from domain.text import is_line

Role = Literal["owner", "admin", "editor", "viewer", "auditor"]

EMAIL_LENGTH_MAX = 254  # RFC 5321, section 4.5.3.1.3 less the angle brackets
EMAIL_PATTERN = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+")
PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 128
DISPLAY_NAME_LENGTH_MAX = 255


class EmailInvalid(Invalid):
    """An e-mail address has one @, a domain with a dot, and at most 254 characters."""


class PasswordTooWeak(Invalid):
    """A password has 8 to 128 characters, among them an upper-case letter and a digit."""


class DisplayNameInvalid(Invalid):
    """A display name is one line of at most 255 characters."""


class LoginNotFound(NotFound):
    """There is no such user."""


class OwnErasure(Conflict):
    """Nobody erases themself: ask another owner or administrator."""


class OwnerRequired(RuleBroken):
    """Only an owner makes or erases an owner or an auditor."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one login."""

    email: str
    password_hash: str
    display_name: str
    role: Role
    erased: bool = False


def register(
    *, email: str, password_hash: str, display_name: str | None, role: Role
) -> list[Event]:
    """Decide the registration of a login.

    Raises:
        EmailInvalid, DisplayNameInvalid: the value breaks the rule the error names.
    """
    address = normalise_email(email)
    name = (display_name or address.partition("@")[0]).strip()
    if not is_line(name, length_max=DISPLAY_NAME_LENGTH_MAX):
        raise DisplayNameInvalid
    return [
        LoginRegistered(email=address, password_hash=password_hash, display_name=name, role=role)
    ]


def erase(state: Login, *, user_id: UUID, by: UUID | None, by_role: str) -> list[Event]:
    """Decide the erasure of the login `user_id` by the user `by`, or by nobody who logs in.

    Raises:
        LoginNotFound: it was erased before.
        OwnErasure, OwnerRequired: the rule the error names forbids it.
    """
    if state.erased:
        raise LoginNotFound
    if user_id == by:
        raise OwnErasure
    may_make(state.role, by_role=by_role)
    return [LoginErased()]


def may_make(role: Role, *, by_role: str) -> None:
    """Refuse to let anybody but an owner have power over owners, and over those who watch them.

    Raises:
        OwnerRequired: see its message.
    """
    if role in ("owner", "auditor") and by_role != "owner":
        raise OwnerRequired


def normalise_email(email: str) -> str:
    """The one spelling under which an address is stored, claimed and looked up.

    Raises:
        EmailInvalid: it is no e-mail address.
    """
    address = unicodedata.normalize("NFKC", email).strip().casefold()
    if (
        len(address) > EMAIL_LENGTH_MAX
        or not address.isprintable()
        or not EMAIL_PATTERN.fullmatch(address)
    ):
        raise EmailInvalid
    return address


def check_password(password: str) -> None:
    """Refuse a password that is too short, too long or too plain.

    Raises:
        PasswordTooWeak: see its message.
    """
    long_enough = PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX
    varied = any(c.isupper() for c in password) and any(c.isdigit() for c in password)
    if not (long_enough and varied):
        raise PasswordTooWeak


def evolve(state: Login | None, event: Event) -> Login:
    """Fold one event into the state."""
    match event, state:
        case LoginRegistered(), None:
            return Login(
                email=event.email,
                password_hash=event.password_hash,
                display_name=event.display_name,
                role=event.role,
            )
        case LoginErased(), Login():
            return msgspec.structs.replace(
                state, email=ERASED, password_hash=ERASED, display_name=ERASED, erased=True
            )
        case _:
            raise UnknownEvent(event)
