"""What can be asked of logins and sessions."""

from uuid import UUID

import msgspec

from domain.logins.login import Role


class LogIn(msgspec.Struct, frozen=True, kw_only=True):
    """Open a session with an e-mail address and a password.

    `tenant` is the slug of the tenant meant, needed where the address is used in several.
    """

    email: str
    password: str
    tenant: str | None = None


class RefreshSession(msgspec.Struct, frozen=True, kw_only=True):
    """Trade the refresh token of `generation` for the next."""

    session_id: UUID
    generation: int


class EndSession(msgspec.Struct, frozen=True, kw_only=True):
    """Log out."""

    session_id: UUID


class RegisterLogin(msgspec.Struct, frozen=True, kw_only=True):
    """Let a person log in to the tenant."""

    email: str
    password: str
    role: Role
    display_name: str | None = None


class EraseLogin(msgspec.Struct, frozen=True, kw_only=True):
    """End a person's log-in, and make everything personal of theirs unreadable for ever."""

    user_id: UUID
