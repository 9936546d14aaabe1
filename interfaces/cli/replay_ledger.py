"""`muniment replay` where what keeps account of the read models is lost."""

from collections.abc import Sequence

import rich_click as click

from domain.platform.events import ProjectionReplayed
from interfaces.cli.progress import Shown
from interfaces.cli.rebuilding import Work
from projections.documents.pipeline_jobs import PipelineJobs
from projections.engine import generations, ledger, refill
from projections.engine.registry import NotPossible


def lost(work: Work) -> list[str]:
    """What of it is gone; what an earlier recovery has made but not filled counts as gone."""
    with work.workshop.database.connection() as connection:
        gone = ledger.lost(connection)
        if not gone and ledger.is_unfinished(connection):
            return sorted(ledger.ACCOUNTS)
    return gone


def check_asked(names: Sequence[str], tenant: str | None) -> None:
    """Raises UsageError where less than everything is asked for."""
    if names or tenant is not None:
        raise click.UsageError(
            "what keeps account of all read models is lost: leave out --projection and --tenant"
        )


def make(work: Work) -> bool:
    """Make it again; whether all read models have to be filled anew, see `fill`.

    Raises:
        NotPossible: the address of a role that may make tables is missing.
    """
    if work.admin_url is None:
        raise NotPossible("making lost tables takes MUNIMENT_ADMIN_DATABASE_URL")
    with work.workshop.database.connection() as connection:
        if ledger.lost(connection):
            ledger.make_again(work.admin_url, work.workshop.projections)
        return ledger.is_unfinished(connection)


def fill(work: Work, processes: int | None) -> int:
    """Fill all read models from the first event on; how many events that were.

    Nobody else fills them and nobody reads them meanwhile, and no job is asked for that was done.
    Killed, it goes on where it stood when it is done again.
    """
    if work.admin_url is None:
        raise NotPossible("filling lost tables takes MUNIMENT_ADMIN_DATABASE_URL")
    database, projections = work.workshop.database, work.workshop.projections
    crew, tenants = work.crew(None, processes)
    heads = [each.tenant_id for each in tenants]
    total = sum(each.position or 0 for each in tenants)
    with Shown("filling", "events", total) as shown:
        refill.to_heads(
            work.workshop, crew, heads, shown.advance, lambda _tenant, _name: False, ledger.FILLING
        )
    for tenant_id in heads:
        with database.transaction(tenant_id) as settling:
            generations.enter(settling, ledger.FILLING)
            settling.execute(PipelineJobs.queries["settle"], {"tenant_id": tenant_id})
    ledger.put_in_place(work.admin_url, projections)
    for projection in work.named([]):
        work.deeds.record(projection.name, ProjectionReplayed(projection=projection.name))
    return total
