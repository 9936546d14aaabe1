"""Facts about logins and the sessions they open."""

from typing import ClassVar, Literal
from uuid import UUID

from domain.event import Event


class LoginRegistered(Event, frozen=True):
    """A person can log in to the tenant with this e-mail address and password."""

    TYPE: ClassVar[str] = "login.registered"

    email: str
    password_hash: str
    display_name: str
    role: Literal["owner", "admin", "editor", "viewer"]


class SessionStarted(Event, frozen=True):
    """A login succeeded and opened a session; `generation` 1 of its refresh token was given out."""

    TYPE: ClassVar[str] = "session.started"

    user_id: UUID
    address: str | None = None


class SessionRefreshed(Event, frozen=True):
    """The current refresh token was traded for the one of the next generation."""

    TYPE: ClassVar[str] = "session.refreshed"

    generation: int


class SessionEnded(Event, frozen=True):
    """No token of this session may be refreshed again."""

    TYPE: ClassVar[str] = "session.ended"

    reason: Literal["logged_out", "refresh_token_reused"]
