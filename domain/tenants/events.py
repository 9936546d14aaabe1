"""Facts about tenants."""

from typing import ClassVar

from domain.event import Event


class TenantRegistered(Event, frozen=True):
    """An organisation opened its log; this is always position 1."""

    TYPE: ClassVar[str] = "tenant.registered"

    name: str
    slug: str
    plan: str = "free"
