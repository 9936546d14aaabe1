"""`muniment backup …`: sets taken, listed, brought back. What is heavy is imported when it runs."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from interfaces.cli.events import JSON
from interfaces.cli.replay_options import Moment

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings

FROM = click.option(
    "--from", "place", metavar="FOLDER|URL", help="Where it is. [default: MUNIMENT_BACKUP_URL]"
)
SET = click.option("--set", "set_id", metavar="ID", help="Which set. [default: the newest]")
PROCESSES = click.option(
    "--processes", type=click.IntRange(1, 64), help="Processes at work. [default: one a core]"
)


@click.group()
def backup() -> None:
    """Take backups, list them, restore one, and prove that it can be done."""


@backup.command()
@click.option(
    "--to", "place", metavar="FOLDER|URL", help="Where to. [default: MUNIMENT_BACKUP_URL]"
)
@click.option("--full", is_flag=True, help="A set that needs no other.")
@click.option(
    "--keep-days",
    type=click.IntRange(1, 3650),
    help="Let go of sets that are older. [default: MUNIMENT_BACKUP_KEEP_DAYS]",
)
@click.option(
    "--if-older-than-hours", "hours", type=click.IntRange(0), help="Only if the newest set is."
)
@JSON
@click.pass_obj
def create(load_settings: "LoadSettings", /, **given: Any) -> None:
    """Take what is new since the last set, and let go of sets that have expired."""
    from interfaces.cli import backup_create as command

    as_json = given.pop("as_json")
    command.create(load_settings(), command.Asked(**given), as_json=as_json)


@backup.command("list")
@FROM
@JSON
@click.pass_obj
def list_(load_settings: "LoadSettings", place: str | None, *, as_json: bool) -> None:
    """List the sets, oldest first."""
    from interfaces.cli import backup_list as command

    command.run(load_settings(), place, as_json=as_json)


@backup.command()
@FROM
@SET
@click.option("--until", type=Moment(), help="No further than this in the logs.")
@click.option("--tenant", type=click.UUID, metavar="ID", help="Whose log --until cuts.")
@PROCESSES
@click.option("--yes", "sure", is_flag=True, help="Don't ask.")
@JSON
@click.pass_obj
def restore(
    load_settings: "LoadSettings",
    place: str | None,
    set_id: str | None,
    until: int | datetime | None,
    tenant: UUID | None,
    processes: int | None,
    *,
    sure: bool,
    as_json: bool,
) -> None:
    """Restore into an empty database. Nobody is logged in afterwards."""
    from interfaces.cli import backup_restore as command

    if isinstance(until, int) and tenant is None:
        raise click.UsageError("a position is one of a tenant's log: name it with --tenant")
    if tenant is not None and until is None:
        raise click.UsageError("--tenant says whose log --until cuts")
    if as_json and not sure:
        raise click.UsageError("--json asks nothing: give --yes with it")
    asked = command.Asked(place, set_id, until, tenant, processes)
    command.restore(load_settings(), asked, sure=sure, as_json=as_json)


@backup.command()
@FROM
@SET
@PROCESSES
@click.option("--rto-seconds-max", default=3600, show_default=True, help="1 if it takes longer.")
@click.option("--rpo-seconds-max", default=86_400, show_default=True, help="1 if it is older.")
@JSON
@click.pass_obj
def drill(
    load_settings: "LoadSettings",
    place: str | None,
    set_id: str | None,
    processes: int | None,
    rto_seconds_max: int,
    rpo_seconds_max: int,
    *,
    as_json: bool,
) -> None:
    """Restore into a database made for it and thrown away, and say how long that took."""
    from interfaces.cli import backup_drill as command

    limits = command.Limits(rto_seconds_max, rpo_seconds_max)
    command.drill(load_settings(), (place, set_id, processes), limits, as_json=as_json)
