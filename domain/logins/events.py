"""Facts about logins and the sessions they open."""

from typing import Any, ClassVar, Literal
from uuid import UUID

from domain.event import Event
from domain.personal import Personal


def _unchanged(values: Any) -> Any:
    """Schema 1 had the same fields, and the log kept all of them in plain."""
    return values


class LoginRegistered(Event, frozen=True):
    """A person can log in to the tenant with this e-mail address and password."""

    TYPE: ClassVar[str] = "login.registered"
    SCHEMA: ClassVar[int] = 2
    UPCASTERS: ClassVar[dict[int, Any]] = {1: _unchanged}

    email: Personal[str]
    password_hash: Personal[str]
    display_name: Personal[str]
    role: Literal["owner", "admin", "editor", "viewer", "auditor"]


class LoginErased(Event, frozen=True):
    """The person is gone: no log-in, and nothing personal of theirs can be read any more."""

    TYPE: ClassVar[str] = "login.erased"


class SessionStarted(Event, frozen=True):
    """A login succeeded and opened a session; `generation` 1 of its refresh token was given out."""

    TYPE: ClassVar[str] = "session.started"
    SCHEMA: ClassVar[int] = 2
    PERSON: ClassVar[str | None] = "user_id"
    UPCASTERS: ClassVar[dict[int, Any]] = {1: _unchanged}

    user_id: UUID
    address: Personal[str | None] = None


class SessionRefreshed(Event, frozen=True):
    """The current refresh token was traded for the one of the next generation."""

    TYPE: ClassVar[str] = "session.refreshed"

    generation: int


class SessionEnded(Event, frozen=True):
    """No token of this session may be refreshed again."""

    TYPE: ClassVar[str] = "session.ended"

    reason: Literal["logged_out", "refresh_token_reused"]
