"""What can be asked of tenants."""

import msgspec


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The first login of a new tenant."""

    email: str
    password: str
    display_name: str | None = None


class RegisterTenant(msgspec.Struct, frozen=True, kw_only=True):
    """Open a log for an organisation, with its owner's login."""

    name: str
    slug: str
    owner: Owner
