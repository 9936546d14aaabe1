"""What every command that rebuilds or switches read models works with."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from uuid import UUID

import msgspec
import rich_click as click

from infrastructure.event_log import tenants
from infrastructure.event_log.tenants import Tenant
from infrastructure.secret import Secret
from infrastructure.settings import Settings
from interfaces import bootstrap
from interfaces.cli import deeds, events_tenant, open_database
from interfaces.cli.deeds import Deeds
from interfaces.crew import Crew
from projections.engine import ledger, registry
from projections.engine.projection import Projection
from projections.engine.rebuild import Rebuild
from projections.engine.registry import Registry
from projections.engine.tasks import Alone, Workshop
from projections.engine.tasks import Crew as AnyCrew

WORTH_A_CREW_EVENTS = 20_000
"""For fewer, starting processes takes longer than the work."""
PROCESSES_MAX = 64


class Work(msgspec.Struct, kw_only=True):
    """A database at hand, and what to do in it."""

    settings: Settings
    admin_url: str | None
    workshop: Workshop
    registry: Registry
    by: str
    deeds: Deeds
    stack: ExitStack
    _crew: Crew | None = None

    def named(self, names: Sequence[str]) -> list[Projection]:
        """Read models by their names; none named means all of them."""
        known = {each.name: each for each in registry.rebuildable(self.workshop.projections)}
        for name in names:
            if name not in known:
                raise click.BadParameter(
                    f"there is no read model {name!r}; there are {', '.join(sorted(known))}",
                    param_hint="NAME",
                )
        return [known[name] for name in names or known]

    def tenant(self, name: str | None) -> UUID | None:
        """The tenant of a slug or an id; None for all."""
        if name is None:
            return None
        with self.workshop.database.connection() as connection:
            return events_tenant.named(tenants.every(connection), name).tenant_id

    def rebuild(self, for_tenant: UUID | None, processes: int | None) -> tuple[Rebuild, int]:
        """A rebuild with as many processes as are worth it, and the events that it will read."""
        crew, chosen = self.crew(for_tenant, processes)
        make = partial(registry.create_as_owner, self.admin_url) if self.admin_url else None
        run = Rebuild(self.workshop.database, crew, by=self.by, make=make)
        return run, sum(each.position or 0 for each in chosen)

    def crew(self, for_tenant: UUID | None, processes: int | None) -> tuple[AnyCrew, list[Tenant]]:
        """Whoever reads these tenants' logs, and the tenants."""
        alone = Alone(self.workshop)
        chosen = Rebuild(self.workshop.database, alone, by=self.by).tenants(for_tenant)
        events = sum(each.position or 0 for each in chosen)
        number = min(processes or os.cpu_count() or 1, len(chosen), PROCESSES_MAX)
        if (processes is None and events < WORTH_A_CREW_EVENTS) or number < 2:  # noqa: PLR2004 - one is no crew
            return alone, chosen
        if self._crew is None:
            self._crew = Crew(self.settings, number)
            self.stack.callback(self._crew.close)
        return self._crew, chosen


@contextmanager
def at_work(settings: Settings, *, whatever_is_lost: bool = False) -> Iterator[Work]:
    """The database in use, or the embedded one started for as long as this.

    Raises:
        LedgerLost: nothing keeps account of the read models, unless `whatever_is_lost`.
    """
    with ExitStack() as stack:
        addresses = stack.enter_context(open_database.reached(settings))
        inside = msgspec.structs.replace(settings, database_url=Secret(addresses.app))
        workshop = bootstrap.rebuilding(inside)
        workshop.database.open()
        stack.callback(workshop.database.close)
        if not whatever_is_lost:
            with workshop.database.connection() as connection:
                ledger.check(connection)
        yield Work(
            settings=inside,
            admin_url=addresses.admin,
            workshop=workshop,
            registry=Registry(workshop.database),
            by=deeds.name(),
            deeds=stack.enter_context(Deeds(inside)),
            stack=stack,
        )
