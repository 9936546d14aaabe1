"""An administrator on the command line: who that is, and what they work with."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec

from application.actor import Actor, Cause
from domain.ids import PLATFORM, CommandId
from infrastructure.clock import TimeOrderedIds
from infrastructure.event_log import snapshot, tenants
from infrastructure.secret import Secret
from infrastructure.settings import Settings
from interfaces import bootstrap
from interfaces.cli import deeds, events_tenant, open_database
from interfaces.parts import Operator

Result = TypeVar("Result")


def work(
    settings: Settings,
    tenant: str | None,
    doing: Callable[[Operator, Actor, UUID | None], Awaitable[Result]],
) -> Result:
    """Do something with the installation's database, about the tenant of a slug or id if named."""
    with open_database.reached(settings) as addresses:
        tenant_id = None
        if tenant is not None:
            with closing(snapshot.connect(addresses.app)) as connection:
                tenant_id = events_tenant.named(tenants.every(connection), tenant).tenant_id
        here = msgspec.structs.replace(settings, database_url=Secret(addresses.app))
        return asyncio.run(_connected(here, tenant_id, doing))


def actor() -> Actor:
    """The user of the operating system, as whom the platform's log knows them."""
    cause = Cause(command_id=CommandId(TimeOrderedIds().new()), correlation_id=uuid4())
    return Actor(tenant_id=PLATFORM, name=deeds.name(), role="platform", cause=cause)


async def _connected(
    settings: Settings,
    tenant_id: UUID | None,
    doing: Callable[[Operator, Actor, UUID | None], Awaitable[Result]],
) -> Result:
    wired = bootstrap.operator(settings)
    async with AsyncExitStack() as stack:
        await bootstrap.open_databases(wired, stack)
        return await doing(wired, actor(), tenant_id)
