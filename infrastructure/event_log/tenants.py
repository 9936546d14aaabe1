"""The tenants that there are."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row

from domain.ids import PLATFORM
from infrastructure.sql import Queries

SQL = Queries(__package__, "tenants.sql")

PLATFORM_NAME = "@platform"
"""No slug has an @."""


class Tenant(NamedTuple):
    """A tenant that something in the database knows of."""

    tenant_id: UUID
    slug: str | None
    position: int | None
    """The head of its log; None where that is gone."""


class NoSuchTenant(Exception):  # noqa: N818 - named for what is the matter
    """Nothing in the database knows of this tenant."""


def label(tenant_id: UUID, slug: str | None) -> str:
    """How a tenant is shown to a person: its id, and the name it may be asked for by."""
    name = PLATFORM_NAME if tenant_id == PLATFORM else slug
    return f"{tenant_id} ({name})" if name else f"{tenant_id}"


def every(connection: Connection[Any]) -> list[Tenant]:
    """Every tenant, in the order of their ids."""
    return connection.cursor(row_factory=args_row(Tenant)).execute(SQL["every"]).fetchall()


def named(found: Sequence[Tenant], name: str) -> Tenant:
    """The one of a slug or an id; `@platform` is the platform's own log.

    Raises:
        NoSuchTenant: there is none.
    """
    wanted = name.strip().lower()
    if wanted == PLATFORM_NAME:
        wanted = str(PLATFORM)
    for tenant in found:
        if wanted in {str(tenant.tenant_id), tenant.slug}:
            return tenant
    raise NoSuchTenant(f"there is no tenant {name!r}")
