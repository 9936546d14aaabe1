"""`muniment projections switch`, `rollback`, `cancel`, `drop-generation` and `generations`."""

from functools import partial
from typing import Any

import msgspec
import rich_click as click

from domain.platform.events import (
    ProjectionGenerationDropped,
    ProjectionRebuildCancelled,
    ProjectionRolledBack,
    ProjectionSwitched,
)
from infrastructure.settings import Settings
from interfaces.cli import rebuilding
from interfaces.cli.rebuilding import Work
from projections.engine import registry
from projections.engine.projection import Projection
from projections.engine.registry import EVERYONE, NotPossible

ENDED = frozenset({"cancelled", "dropped"})


def switch(
    settings: Settings,
    name: str,
    tenant: str | None,
    generation: int,
    *,
    accept: bool,
    as_json: bool,
) -> None:
    """Have it answer. Raises NotPossible."""
    with rebuilding.at_work(settings) as work:
        (projection,), tenant_id = work.named([name]), work.tenant(tenant)

        def on_record(previous: int) -> None:
            fact = ProjectionSwitched(
                projection=name,
                version=projection.version,
                generation=generation,
                previous=previous,
                tenant_id=tenant_id,
            )
            work.deeds.record(name, fact)

        change = partial(
            work.registry.switch,
            projection,
            generation,
            tenant_id,
            accept_differences=accept,
            by=work.by,
            on_record=on_record,
        )
        previous = registry.insist(change)
    _tell(
        {"projection": name, "generation": generation, "previous": previous},
        f"{name}: generation {generation} answers, instead of {previous}",
        as_json=as_json,
    )


def roll_back(settings: Settings, name: str, tenant: str | None, *, as_json: bool) -> None:
    """Have the one before answer again. Raises NotPossible."""
    with rebuilding.at_work(settings) as work:
        (projection,), tenant_id = work.named([name]), work.tenant(tenant)
        now = work.registry.answers(projection, tenant_id or EVERYONE)

        def on_record(back: int) -> None:
            fact = ProjectionRolledBack(
                projection=name,
                version=projection.version,
                generation=back,
                previous=now,
                tenant_id=tenant_id,
            )
            work.deeds.record(name, fact)

        change = partial(
            work.registry.roll_back, projection, tenant_id, by=work.by, on_record=on_record
        )
        back = registry.insist(change)
    _tell(
        {"projection": name, "generation": back, "previous": now},
        f"{name}: generation {back} answers again, instead of {now}",
        as_json=as_json,
    )


def cancel(settings: Settings, name: str, *, as_json: bool) -> None:
    """Give up what is being built. Raises NotPossible when nothing is."""
    with rebuilding.at_work(settings) as work:
        (projection,) = work.named([name])
        left = [each.generation for each in work.registry.of(projection, "building")]
        if not left:
            raise NotPossible(f"no rebuild of {name} is unfinished")
        for generation in left:
            fact = ProjectionRebuildCancelled(
                projection=name, version=projection.version, generation=generation
            )
            registry.insist(
                partial(
                    work.registry.drop,
                    projection,
                    generation,
                    on_record=lambda _: work.deeds.record(name, fact),  # noqa: B023 - called now
                )
            )
    gone = ", ".join(map(str, left))
    _tell(
        {"projection": name, "cancelled": left},
        f"{name}: generation {gone} is given up",
        as_json=as_json,
    )


def drop(settings: Settings, name: str, generation: int, *, sure: bool, as_json: bool) -> None:
    """Remove a generation. Raises NotPossible."""
    if as_json and not sure:
        raise click.UsageError("--json asks nothing: give --yes with it")
    with rebuilding.at_work(settings) as work:
        work.named([name])
        if not sure:
            click.confirm(
                f"Drop generation {generation} of {name}? A rollback to it is not possible then",
                abort=True,
            )
        names = {
            each.projection
            for each in work.registry.every()
            if each.generation == generation and each.state not in ENDED
        }
        # A copy holds several read models in its one schema: they go together.
        for projection in work.named(sorted(names | {name})):
            _drop(work, projection, generation)
    _tell(
        {"projection": name, "dropped": generation},
        f"{name}: generation {generation} is dropped",
        as_json=as_json,
    )


def _drop(work: Work, projection: Projection, generation: int) -> None:
    fact = ProjectionGenerationDropped(
        projection=projection.name, version=projection.version, generation=generation
    )

    def on_record(_nothing: object) -> None:
        work.deeds.record(projection.name, fact)

    registry.insist(partial(work.registry.drop, projection, generation, on_record=on_record))


def show(settings: Settings, *, ended: bool, as_json: bool) -> None:
    """Print the registry."""
    with rebuilding.at_work(settings) as work:
        found = [each for each in work.registry.every() if ended or each.state not in ENDED]
        serving = work.registry.serving()
    if as_json:
        document = {
            "generations": [each._asdict() for each in found],
            "serving": [
                {**each._asdict(), "for_tenant": _tenant(each.for_tenant)} for each in serving
            ],
        }
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
        return
    for each in found:
        whose = f", for tenant {each.for_tenant} alone" if each.for_tenant else ""
        differs = f", {each.differences:,} rows differ" if each.differences else ""
        click.echo(
            f"{each.projection} v{each.version} generation {each.generation}: {each.state}"
            f"{differs}{whose}; {each.schema_name}, by {each.made_by}, {each.made_at:%F %T}Z"
        )
    for answer in serving:
        whom = _tenant(answer.for_tenant) or "every tenant"
        click.echo(
            f"{answer.projection} v{answer.version}: generation {answer.generation} answers for "
            f"{whom} since {answer.switched_at:%F %T}Z, before it {answer.previous}"
        )
    if not found and not serving:
        click.echo("every read model is in its first generation")


def _tenant(for_tenant: Any) -> str | None:
    return None if for_tenant == EVERYONE else str(for_tenant)


def _tell(document: dict[str, Any], line: str, *, as_json: bool) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document)) if as_json else line)
