"""`muniment projections pause|resume|dead-letters …`."""

import sys
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
import rich_click as click

from application.actor import Actor
from application.platform import handlers
from application.platform.commands import (
    PauseProjection,
    ResumeProjection,
    RetryDeadLetter,
    SkipDeadLetter,
)
from application.platform.handlers import TakenUp
from application.platform.ports import DeadLetter, DeadLetterFilter
from application.recorded import Recorded
from domain.platform.operating import ProjectionNotFound
from infrastructure.settings import Settings
from interfaces.cli import operator
from interfaces.parts import Operator
from projections import catalogue


def pause(settings: Settings, name: str, tenant: str | None, *, as_json: bool) -> None:
    """Have a projection stand still, for a tenant or for all."""

    async def run(wired: Operator, actor: Actor, tenant_id: UUID | None) -> Recorded:
        command = PauseProjection(projection=name, tenant_id=tenant_id)
        return await handlers.pause_projection(command, actor, wired.platform)

    _change(settings, name, tenant, run, "paused", as_json=as_json)


def resume(settings: Settings, name: str, tenant: str | None, *, as_json: bool) -> None:
    """End that pause."""

    async def run(wired: Operator, actor: Actor, tenant_id: UUID | None) -> Recorded:
        command = ResumeProjection(projection=name, tenant_id=tenant_id)
        return await handlers.resume_projection(command, actor, wired.platform)

    _change(settings, name, tenant, run, "resumed", as_json=as_json)


def list_(
    settings: Settings, projection: str | None, tenant: str | None, *, limit: int, as_json: bool
) -> None:
    """Dead letters, oldest first."""

    async def run(wired: Operator, _actor: Actor, tenant_id: UUID | None) -> Iterable[DeadLetter]:
        wanted = DeadLetterFilter(projection=projection, tenant_id=tenant_id)
        return await wired.platform.projections.dead_letters(wanted, limit=limit)

    found = list(operator.work(settings, tenant, run))
    if as_json:
        _tell(found)
        return
    for letter in found:
        click.echo(_line(letter))
    if not found:
        click.echo("no dead letters")


def show(settings: Settings, dead_letter_id: UUID, *, as_json: bool) -> None:
    """One dead letter."""
    letter = _found(settings, dead_letter_id)
    if as_json:
        _tell(letter)
        return
    for name, value in msgspec.structs.asdict(letter).items():
        click.echo(f"{name.replace('_', ' '):<15} {value}")


def retry(settings: Settings, dead_letter_id: UUID, *, as_json: bool) -> None:
    """Take its stream up again; 1 if it fails again."""

    async def run(wired: Operator, actor: Actor, _tenant_id: UUID | None) -> TakenUp:
        command = RetryDeadLetter(dead_letter_id=dead_letter_id)
        return await handlers.retry_dead_letter(command, actor, wired.platform)

    _tell_outcome(operator.work(settings, None, run), as_json=as_json)


def skip(
    settings: Settings, dead_letter_id: UUID, reason: str, *, sure: bool, as_json: bool
) -> None:
    """Leave its event out for ever; 1 if a later one fails."""
    if as_json and not sure:
        raise click.UsageError("--json asks nothing: give --yes with it")
    if not sure:
        letter = _found(settings, dead_letter_id)
        click.confirm(
            f"Leave out event {letter.position} ({letter.type}) of tenant {letter.tenant_id} "
            f"for ever, in {letter.projection}?",
            abort=True,
        )

    async def run(wired: Operator, actor: Actor, _tenant_id: UUID | None) -> TakenUp:
        command = SkipDeadLetter(dead_letter_id=dead_letter_id, reason=reason)
        return await handlers.skip_dead_letter(command, actor, wired.platform)

    _tell_outcome(operator.work(settings, None, run), as_json=as_json)


def _change(
    settings: Settings, name: str, tenant: str | None, run: Any, done: str, *, as_json: bool
) -> None:
    try:
        recorded: Recorded = operator.work(settings, tenant, run)
    except ProjectionNotFound as error:
        names = ", ".join(sorted(each.name for each in catalogue.PROJECTIONS))
        told = f"there is no projection {name!r}; there are {names}"
        raise click.BadParameter(told, param_hint="NAME") from error
    if as_json:
        _tell({"projection": name, "tenant": tenant, "position": recorded.position})
    else:
        click.echo(f"{name} is {done} for {tenant or 'every tenant'}")


def _found(settings: Settings, dead_letter_id: UUID) -> DeadLetter:
    async def run(wired: Operator, _actor: Actor, _tenant_id: UUID | None) -> DeadLetter:
        return await handlers.dead_letter(dead_letter_id, wired.platform)

    return operator.work(settings, None, run)


def _line(letter: DeadLetter) -> str:
    where = f"{letter.projection} v{letter.version} of {letter.tenant_id}"
    event = f"event {letter.position} ({letter.type}) of stream {letter.stream_id}"
    tries = f"{letter.failure}, {letter.attempts} tries, since {letter.parked_at:%Y-%m-%d %H:%M}"
    return f"{letter.dead_letter_id}  {where}: {event}: {tries}"


def _tell_outcome(taken_up: TakenUp, *, as_json: bool) -> None:
    failed = taken_up.outcome == "parked_again"
    if as_json:
        _tell({"outcome": taken_up.outcome, "position": taken_up.recorded.position})
    elif failed:
        click.echo("it failed again and stays a dead letter: see `dead-letters show`", err=True)
    else:
        click.echo("taken in: the stream is up to date")
    if failed:
        sys.exit(1)


def _tell(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value)))
