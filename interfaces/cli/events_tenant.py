"""Which tenant a person means."""

from collections.abc import Sequence

import rich_click as click

from infrastructure.event_log import tenants
from infrastructure.event_log.tenants import NoSuchTenant, Tenant


def named(found: Sequence[Tenant], name: str) -> Tenant:
    """The tenant of a slug or an id; anything else is wrong usage."""
    try:
        return tenants.named(found, name)
    except NoSuchTenant as error:
        raise click.BadParameter(str(error), param_hint="--tenant") from error
