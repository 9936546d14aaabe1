"""A tenant: the organisation that owns one log."""

import re
from typing import Literal

import msgspec

from domain.event import Event, Invalid, UnknownEvent
from domain.tenants.events import TenantRegistered
from domain.text import is_line

Plan = Literal["free", "pro", "enterprise"]
Status = Literal["active", "suspended", "cancelled"]

NAME_LENGTH_MAX = 255
SLUG_LENGTH_MAX = 100
SLUG_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class TenantNameInvalid(Invalid):
    """A tenant's name is one line of 1 to 255 characters and not blank."""


class TenantSlugInvalid(Invalid):
    """A slug has 1 to 100 characters: a-z, 0-9 and inner hyphens."""


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one tenant; `None` stands for a tenant not yet registered."""

    name: str
    slug: str
    plan: str = "free"
    status: Status = "active"


def register(*, name: str, slug: str) -> list[Event]:
    """Decide the registration of a new tenant.

    Raises:
        TenantNameInvalid, TenantSlugInvalid: the value breaks the rule the error names.
    """
    if not is_line(name, length_max=NAME_LENGTH_MAX):
        raise TenantNameInvalid
    if not is_slug(slug):
        raise TenantSlugInvalid
    return [TenantRegistered(name=name.strip(), slug=slug)]


def is_slug(text: str) -> bool:
    """Whether a tenant could have this slug."""
    return len(text) <= SLUG_LENGTH_MAX and SLUG_PATTERN.fullmatch(text) is not None


def evolve(_state: Tenant | None, event: Event) -> Tenant:
    """Fold one event into the state."""
    match event:
        case TenantRegistered():
            return Tenant(name=event.name, slug=event.slug, plan=event.plan)
        case _:
            raise UnknownEvent(event)
