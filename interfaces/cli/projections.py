"""`muniment projections …`: read models, built anew, compared and switched."""

from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli import dead_letters

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
TENANT = click.option("--tenant", metavar="SLUG|ID", help="One tenant alone. [default: all]")
PROCESSES = click.option(
    "--processes", type=click.IntRange(min=1, max=64), help="[default: as many as there are cores]"
)
ACCEPT = click.option(
    "--accept-differences", is_flag=True, help="Switch although rows differ: they are repaired."
)
NAMES = click.argument("names", nargs=-1, metavar="[NAME]...")
ALL = click.option("--all", "everything", is_flag=True, help="Every read model.")
GENERATION = click.option(
    "--generation", required=True, type=click.IntRange(min=0, max=2**31 - 1), metavar="N"
)


@click.group()
def projections() -> None:
    """Operate read models."""


projections.add_command(dead_letters.dead_letters)


@projections.command()
@NAMES
@ALL
@TENANT
@click.option("--switch", is_flag=True, help="Have the new generation answer, if nothing differs.")
@ACCEPT
@PROCESSES
@JSON
@click.pass_obj
def rebuild(
    load_settings: "LoadSettings",
    names: tuple[str, ...],
    tenant: str | None,
    processes: int | None,
    *,
    everything: bool,
    switch: bool,
    accept_differences: bool,
    as_json: bool,
) -> None:
    """Build read models anew from the log, beside the live ones, and compare the two.

    A rebuild that was interrupted goes on where it stood. 1 if rows differ and --switch could not
    be done.
    """
    from interfaces.cli import projections_rebuild as command

    _check_chosen(names, everything=everything)
    asked = command.Asked(names, tenant, processes, switch, accept_differences)
    command.rebuild(load_settings(), asked, as_json=as_json)


@projections.command()
@NAMES
@ALL
@TENANT
@PROCESSES
@JSON
@click.pass_obj
def diff(
    load_settings: "LoadSettings",
    names: tuple[str, ...],
    tenant: str | None,
    processes: int | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Compare live read models with what the log says, row by row. 1 if anything differs."""
    from interfaces.cli import projections_rebuild as command

    _check_chosen(names, everything=everything)
    asked = command.Asked(names, tenant, processes)
    command.diff(load_settings(), asked, as_json=as_json)


@projections.command()
@click.argument("name")
@TENANT
@GENERATION
@ACCEPT
@JSON
@click.pass_obj
def switch(
    load_settings: "LoadSettings",
    name: str,
    tenant: str | None,
    generation: int,
    *,
    accept_differences: bool,
    as_json: bool,
) -> None:
    """Have another generation of a read model answer, from one moment on."""
    from interfaces.cli import projections_switch as command

    command.switch(
        load_settings(), name, tenant, generation, accept=accept_differences, as_json=as_json
    )


@projections.command()
@click.argument("name")
@TENANT
@JSON
@click.pass_obj
def rollback(
    load_settings: "LoadSettings", name: str, tenant: str | None, *, as_json: bool
) -> None:
    """Undo the last switch of a read model, at once."""
    from interfaces.cli import projections_switch as command

    command.roll_back(load_settings(), name, tenant, as_json=as_json)


@projections.command()
@click.argument("name")
@JSON
@click.pass_obj
def cancel(load_settings: "LoadSettings", name: str, *, as_json: bool) -> None:
    """Give up the unfinished rebuilds of a read model; nothing of them is left."""
    from interfaces.cli import projections_switch as command

    command.cancel(load_settings(), name, as_json=as_json)


@projections.command("drop-generation")
@click.argument("name")
@GENERATION
@click.option("--yes", "sure", is_flag=True, help="Don't ask.")
@JSON
@click.pass_obj
def drop_generation(
    load_settings: "LoadSettings", name: str, generation: int, *, sure: bool, as_json: bool
) -> None:
    """Remove a generation that answers for nobody, with its tables."""
    from interfaces.cli import projections_switch as command

    command.drop(load_settings(), name, generation, sure=sure, as_json=as_json)


@projections.command()
@click.option("--ended", is_flag=True, help="Also those that are gone.")
@JSON
@click.pass_obj
def generations(load_settings: "LoadSettings", *, ended: bool, as_json: bool) -> None:
    """List the generations of read models, and which one answers."""
    from interfaces.cli import projections_switch as command

    command.show(load_settings(), ended=ended, as_json=as_json)


@projections.command()
@click.argument("name")
@TENANT
@JSON
@click.pass_obj
def pause(load_settings: "LoadSettings", name: str, tenant: str | None, *, as_json: bool) -> None:
    """Have a projection stand still until it is resumed; reads go on from its rows."""
    from interfaces.cli import projections_operate as command

    command.pause(load_settings(), name, tenant, as_json=as_json)


@projections.command()
@click.argument("name")
@TENANT
@JSON
@click.pass_obj
def resume(load_settings: "LoadSettings", name: str, tenant: str | None, *, as_json: bool) -> None:
    """End the pause of a projection: that of one tenant, or that of all."""
    from interfaces.cli import projections_operate as command

    command.resume(load_settings(), name, tenant, as_json=as_json)


@projections.command("list")
@TENANT
@JSON
@click.pass_obj
def list_(load_settings: "LoadSettings", tenant: str | None, *, as_json: bool) -> None:
    """Print where every projection stands: lag, rate, state, dead letters."""
    from interfaces.cli import projections_list as command

    command.run(load_settings(), tenant, as_json=as_json)


def _check_chosen(names: tuple[str, ...], *, everything: bool) -> None:
    if everything and names:
        raise click.UsageError("name read models or give --all, not both")
    if not everything and not names:
        raise click.UsageError("name read models, or give --all for every one")
