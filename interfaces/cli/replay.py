"""`muniment replay`: read models from the log alone, whatever became of them."""

import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import rich_click as click

from domain.platform.events import ProjectionReplayed
from infrastructure.event_log.verifier import Verifier
from infrastructure.settings import Settings
from interfaces.cli import differences, projections_rebuild, rebuilding, replay_ledger
from interfaces.cli.progress import Shown
from interfaces.cli.rebuilding import Work
from projections.engine import copies, registry, rulings
from projections.engine.projection import Projection
from projections.engine.rebuild import Built
from projections.engine.registry import NotPossible


class Asked(NamedTuple):
    """What the command line says."""

    names: Sequence[str]
    tenant: str | None
    processes: int | None
    verify: bool = False
    sure: bool = False
    as_json: bool = False


class Recovered(msgspec.Struct, kw_only=True):
    """What a recovery did, by projection."""

    lost: dict[str, list[str]] = {}
    """Tables that were gone."""
    repaired: dict[str, int] = {}
    """Rows that were not as the log says."""
    intact: list[str] = []
    ledger: list[str] = []
    """What kept account of all read models and was gone."""
    filled: list[str] = []
    """All of them, where it took that."""
    ruled: rulings.Changed = rulings.Changed()
    """Of administrators: pauses and skipped events that were not as the platform's log says."""
    events: int = 0


def dry_run(settings: Settings, asked: Asked) -> None:
    """Say what a recovery would change; exit with 1 if that is anything."""
    with rebuilding.at_work(settings) as work:
        _verify(work, asked)
        chosen, tenant_id = work.named(asked.names), work.tenant(asked.tenant)
        ruled = rulings.compare(work.workshop.database)
        if not asked.as_json:
            _tell_rulings(ruled, "are not as the platform's log says")
        built, shown = projections_rebuild.compare_with_log(
            work, chosen, tenant_id, asked.processes
        )
    if asked.as_json:
        document = {**differences.document(built, shown), "ruled": ruled}
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
    else:
        differences.tell(built, shown, as_json=False)
    if built.differing or ruled.rows:
        sys.exit(1)


def recover(settings: Settings, asked: Asked) -> None:
    """Bring back what is lost, then repair what is damaged; what is right stays as it is."""
    with rebuilding.at_work(settings, whatever_is_lost=True) as work:
        done = Recovered(ledger=replay_ledger.lost(work))
        if done.ledger:
            replay_ledger.check_asked(asked.names, asked.tenant)
            _confirm(asked, done.ledger)
        if done.ledger and replay_ledger.make(work):
            _verify(work, asked)
            done.ruled = rulings.from_log(work.workshop.database)
            done.events = replay_ledger.fill(work, asked.processes)
            done.filled = [each.name for each in work.named([])]
        else:
            _recover_models(work, asked, done)
    if asked.as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(done)))
        return
    for name in done.ledger:
        click.echo(f"{name}: made again")
    for name in done.filled:
        click.echo(f"{name}: recovered, filled anew")
    _tell_rulings(done.ruled, "are again as the platform's log says")
    for name, tables in done.lost.items():
        click.echo(f"{name}: recovered, with {', '.join(tables)}")
    for name, count in done.repaired.items():
        click.echo(f"{name}: repaired, {count:,} rows")
    for name in done.intact:
        click.echo(f"{name}: as the log says")


def copy(settings: Settings, asked: Asked, schema: str, until: int | datetime | None) -> None:
    """Make read models as they were, in a schema of their own."""
    with rebuilding.at_work(settings) as work:
        if work.admin_url is None:
            raise NotPossible("making a schema takes MUNIMENT_ADMIN_DATABASE_URL")
        _verify(work, asked)
        chosen, tenant_id = work.named(asked.names), work.tenant(asked.tenant)
        crew, tenants = work.crew(tenant_id, asked.processes)
        ends = copies.ends(work.workshop.database, tenants, until)
        targets = copies.begin(work.admin_url, chosen, schema, tenant_id, by=work.by)
        position = until if isinstance(until, int) else None
        for projection in chosen:
            _on_record(work, projection, tenant_id, until_position=position, into_schema=schema)
        try:
            with Shown("copying", "events", sum(end for _, end in ends)) as shown:
                events = copies.fill(crew, targets, ends, shown.advance)
            copies.finish(work.registry, chosen, targets)
        except BaseException:
            for target, projection in zip(targets, chosen, strict=True):
                registry.insist(partial(work.registry.drop, projection, target.generation))
            raise
    tables = [table for projection in chosen for table in projection.tables]
    told = {"schema": schema, "generation": targets[0].generation, "tables": tables,
            "events": events}  # fmt: skip
    if asked.as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        click.echo(
            f"{events:,} events of {len(ends):,} tenants in {len(tables)} tables of {schema}"
        )


def _recover_models(work: Work, asked: Asked, done: Recovered) -> None:
    chosen, tenant_id = work.named(asked.names), work.tenant(asked.tenant)
    done.lost = _lost(work, chosen)
    if not done.ledger:
        _confirm(asked, [table for tables in done.lost.values() for table in tables])
    if done.lost and tenant_id is not None:
        raise NotPossible("tables are lost for every tenant: leave out --tenant")
    _verify(work, asked)
    done.ruled = rulings.from_log(work.workshop.database)
    gone = [each for each in chosen if each.name in done.lost]
    if gone:
        _bring_back(work, gone, asked.processes, done)
    left = [each for each in chosen if each.name not in done.lost]
    if left:
        _repair(work, left, tenant_id, asked.processes, done)


def _confirm(asked: Asked, lost: Sequence[str]) -> None:
    if not asked.sure:
        told = "".join(f"{name} is lost\n" for name in lost)
        question = "Replace what is not as the log says? Nobody who reads waits for it"
        click.confirm(f"{told}{question}", abort=True)


def _tell_rulings(changed: rulings.Changed, what: str) -> None:
    if changed.rows:
        click.echo(f"{changed.pauses:,} pauses and {changed.skipped:,} skipped events {what}")


def _bring_back(
    work: Work, gone: Sequence[Projection], processes: int | None, done: Recovered
) -> None:
    """Lost tables first: there is nothing to compare with, and readers wait."""
    if work.admin_url is None:
        raise NotPossible("making lost tables takes MUNIMENT_ADMIN_DATABASE_URL")
    before = {each.name: _answering(work, each) for each in gone}
    built, _ = projections_rebuild.build(work, gone, None, processes, lost=True)
    done.events += built.events
    for projection in gone:
        _on_record(work, projection, None)
        projections_rebuild.switch(work, built, projection, None)
        for generation in before[projection.name]:
            if work.registry.lost(projection, generation):
                registry.insist(partial(work.registry.drop, projection, generation))


def _repair(
    work: Work,
    left: Sequence[Projection],
    tenant_id: UUID | None,
    processes: int | None,
    done: Recovered,
) -> None:
    """Build the others beside those that answer, and switch where something differs."""
    built, _ = projections_rebuild.build(work, left, tenant_id, processes)
    done.events += built.events
    for projection in left:
        count = built.differences[projection.name]
        if count:
            _on_record(work, projection, tenant_id)
            projections_rebuild.switch(work, built, projection, tenant_id)
            done.repaired[projection.name] = count
        else:
            number = _number(built, projection)
            registry.insist(partial(work.registry.drop, projection, number))
            done.intact.append(projection.name)


def _lost(work: Work, chosen: Sequence[Projection]) -> dict[str, list[str]]:
    """The tables that are gone of generations that answer for somebody."""
    found: dict[str, list[str]] = {}
    for each in chosen:
        for generation in _answering(work, each):
            found.setdefault(each.name, []).extend(work.registry.lost(each, generation))
    return {name: sorted(set(tables)) for name, tables in found.items() if tables}


def _answering(work: Work, projection: Projection) -> set[int]:
    """The generations that answer for somebody."""
    return {work.registry.answers(projection)} | {
        each.generation
        for each in work.registry.serving()
        if (each.projection, each.version) == (projection.name, projection.version)
    }


def _verify(work: Work, asked: Asked) -> None:
    if not asked.verify:
        return
    url = work.settings.required_database_url()
    with closing(Verifier(url)) as verifier:
        tenant_id = work.tenant(asked.tenant)
        tenants = [each for each in verifier.tenants() if tenant_id in {None, each.tenant_id}]
        total = sum(each.position or 0 for each in tenants)
        with Shown("verifying", "events", total) as shown:
            broken = [
                str(each.tenant_id)
                for each in tenants
                if not verifier.verify(each, shown.advance).intact
            ]
    if broken:
        raise NotPossible(
            f"the log of {', '.join(broken)} is not intact: `muniment events verify` tells where"
        )


def _on_record(
    work: Work,
    projection: Projection,
    tenant_id: UUID | None,
    **more: Any,
) -> None:
    fact = ProjectionReplayed(projection=projection.name, tenant_id=tenant_id, **more)
    work.deeds.record(projection.name, fact)


def _number(built: Built, projection: Projection) -> int:
    return next(each.generation for each in built.targets if each.projection == projection.name)
