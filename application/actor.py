"""Who is acting, for which tenant, with which rights, and in answer to what."""

from typing import Literal
from uuid import UUID

import msgspec

from domain.event import RuleBroken
from domain.ids import CommandId, TenantId
from domain.logins.login import Role

Right = Literal[
    "documents:read",
    "documents:write",
    "watchlists:own",
    "tenant:read",
    "tenant:manage",
    "platform:operate",
    "audit:read",
    "audit:personal",
]

RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"documents:read", "watchlists:own", "tenant:read"}),
    "editor": frozenset({"documents:read", "documents:write", "watchlists:own", "tenant:read"}),
    "admin": frozenset(
        {"documents:read", "documents:write", "watchlists:own", "tenant:read", "tenant:manage"}
    ),
    "owner": frozenset(
        {
            "documents:read",
            "documents:write",
            "watchlists:own",
            "tenant:read",
            "tenant:manage",
            "audit:read",
            "audit:personal",
        }
    ),
    "auditor": frozenset({"tenant:read", "audit:read"}),
    "worker": frozenset({"documents:read", "documents:write"}),
    "platform": frozenset({"platform:operate", "audit:read", "audit:personal"}),
}


class Forbidden(RuleBroken):
    """Your role does not allow this."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What made the actor act: recorded with every event.

    `fingerprint` is the sha256 of the request where the caller chose the command id
    (`Idempotency-Key`), so that the same id for something else is noticed.
    """

    command_id: CommandId
    correlation_id: UUID
    causation_id: UUID | None = None
    fingerprint: bytes | None = None
    request_id: str | None = None


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a worker, acting within one tenant; or an administrator of the platform."""

    tenant_id: TenantId
    name: str
    role: Role | Literal["worker", "anonymous", "platform"]
    cause: Cause
    user_id: UUID | None = None
    session_id: UUID | None = None

    def require(self, right: Right) -> None:
        """Refuse to go on without `right`.

        Raises:
            Forbidden: the role lacks it.
        """
        if right not in RIGHTS.get(self.role, frozenset()):
            raise Forbidden

    def person(self) -> UUID:
        """The user who acts.

        Raises:
            Forbidden: it is not a person.
        """
        if self.user_id is None:
            raise Forbidden
        return self.user_id
