"""`muniment projections rebuild` and `diff`: read models made of the log once more."""

import signal
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import rich_click as click

from domain.platform.events import (
    ProjectionRebuildFinished,
    ProjectionRebuildStarted,
    ProjectionSwitched,
)
from infrastructure.settings import Settings
from interfaces.cli import differences, rebuilding
from interfaces.cli.progress import Shown
from interfaces.cli.rebuilding import Work
from projections.engine import registry
from projections.engine.projection import Projection
from projections.engine.rebuild import Built, Rebuild


class Asked(NamedTuple):
    """What the command line says."""

    names: Sequence[str]
    tenant: str | None = None
    processes: int | None = None
    switch: bool = False
    accept_differences: bool = False


class Interrupted(Exception):  # noqa: N818 - named for what happened
    """Somebody stopped a rebuild; it can go on."""


def rebuild(settings: Settings, asked: Asked, *, as_json: bool) -> None:
    """Build beside the live generations, compare, and switch if asked to."""
    with rebuilding.at_work(settings) as work:
        chosen, tenant_id = work.named(asked.names), work.tenant(asked.tenant)
        built, shown = build(work, chosen, tenant_id, asked.processes)
        differing = built.differences
        switched = [
            target.projection
            for target in built.targets
            if asked.switch and (asked.accept_differences or not differing[target.projection])
        ]
        for projection in chosen:
            if projection.name in switched:
                switch(work, built, projection, tenant_id)
    left = [name for name in differing if asked.switch and name not in switched]
    _tell(built, shown, switched, as_json=as_json)
    if left:
        if not as_json:
            click.echo(
                f"not switched, since rows differ: {', '.join(left)}; look at them, then "
                "`muniment projections switch` with --accept-differences repairs them"
            )
        sys.exit(1)


def diff(settings: Settings, asked: Asked, *, as_json: bool) -> None:
    """Compare with a scratch generation; exit with 1 if anything differs."""
    with rebuilding.at_work(settings) as work:
        chosen, tenant_id = work.named(asked.names), work.tenant(asked.tenant)
        built, shown = compare_with_log(work, chosen, tenant_id, asked.processes)
    differences.tell(built, shown, as_json=as_json)
    if built.differing:
        sys.exit(1)


def compare_with_log(
    work: Work, chosen: Sequence[Projection], tenant_id: UUID | None, processes: int | None
) -> tuple[Built, Shown]:
    """What of the live generations is not as the log says."""
    run, events = work.rebuild(tenant_id, processes)
    built = run.begin(chosen, tenant_id, scratch=True)
    with Shown("comparing", "events", events) as shown:
        run.scratch(built, chosen, tenant_id, shown.advance)
    return built, shown


def build(
    work: Work,
    chosen: Sequence[Projection],
    tenant_id: UUID | None,
    processes: int | None,
    *,
    lost: bool = False,
) -> tuple[Built, Shown]:
    """New generations, filled, following the log, and compared with the live ones if not lost.

    Raises:
        Interrupted: somebody pressed Ctrl-C.
        Poisoned, NotPossible: as `Rebuild`.
    """
    run, events = work.rebuild(tenant_id, processes)
    built = run.begin(chosen, tenant_id)
    for target in built.targets:
        fact = ProjectionRebuildStarted(
            projection=target.projection, version=target.version, generation=target.generation
        )
        work.deeds.record(target.projection, fact)
    try:
        shown = _run(run, built, chosen, tenant_id, events, lost=lost)
    except KeyboardInterrupt as error:
        raise Interrupted(
            "interrupted: the same command goes on where it stood, "
            "`muniment projections cancel` gives it up"
        ) from error
    for target in built.targets:
        finished = ProjectionRebuildFinished(
            projection=target.projection,
            version=target.version,
            generation=target.generation,
            tenants=built.tenants,
            events=built.events,
        )
        work.deeds.record(target.projection, finished)
    return built, shown


def _run(
    run: Rebuild,
    built: Built,
    chosen: Sequence[Projection],
    tenant_id: UUID | None,
    events: int,
    *,
    lost: bool,
) -> Shown:
    # Started in the background of a shell that ignores Ctrl-C, it is stopped all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Shown("rebuilding", "events", events) as shown:
        run.fill(built, tenant_id, shown.advance)
    run.finish(built, chosen)
    if lost:
        run.take_as_lost(built, chosen)
        return shown
    with Shown("comparing", "tenants", built.tenants) as comparing:
        run.compare(built, chosen, tenant_id, comparing.advance)
    return shown


def switch(work: Work, built: Built, projection: Projection, tenant_id: UUID | None) -> None:
    """Have the new generation answer, whatever differs."""
    number = next(each.generation for each in built.targets if each.projection == projection.name)

    def on_record(previous: int) -> None:
        fact = ProjectionSwitched(
            projection=projection.name,
            version=projection.version,
            generation=number,
            previous=previous,
            tenant_id=tenant_id,
        )
        work.deeds.record(projection.name, fact)

    change = partial(
        work.registry.switch,
        projection,
        number,
        tenant_id,
        accept_differences=True,
        by=work.by,
        on_record=on_record,
    )
    registry.insist(change)


def _tell(built: Built, shown: Shown, switched: Sequence[str], *, as_json: bool) -> None:
    found: dict[str, Any] = {
        "resumed": built.resumed,
        "generations": {each.projection: each.generation for each in built.targets},
        "switched": list(switched),
        **differences.document(built, shown),
    }
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    differences.tell(built, shown, as_json=False)
    for target in built.targets:
        answers = ", answers now" if target.projection in switched else ""
        click.echo(f"{target.projection}: generation {target.generation}{answers}")
