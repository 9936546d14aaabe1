"""`muniment events …`: the logs themselves. What is heavy is imported by the command in use."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
POSITION = click.IntRange(min=0, max=2**63 - 1)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
TENANT = click.option("--tenant", required=True, metavar="SLUG|ID", help="Whose log.")
KEYS = click.option("--keys", type=FILE, help="A JSON Web Key Set of seal keys to trust.")


@click.group()
def events() -> None:
    """Read, verify, export and import logs."""


@events.command()
@click.option("--tenant", metavar="SLUG|ID", help="One tenant's log. [default: all]")
@click.option("--file", type=FILE, help="An exported log, without any database.")
@KEYS
@JSON
@click.pass_obj
def verify(
    load_settings: "LoadSettings",
    tenant: str | None,
    file: Path | None,
    keys: Path | None,
    *,
    as_json: bool,
) -> None:
    """Prove that logs are what they were when they were written. 1 if one is not."""
    from interfaces.cli import events_verify as command

    if file is None:
        command.run(load_settings(), tenant, keys, as_json=as_json)
    elif tenant is None:
        command.run_offline(file, keys, as_json=as_json)
    else:
        raise click.UsageError("--file holds the log of one tenant: leave out --tenant")


@events.command()
@TENANT
@click.option("--lines", "-n", default=20, type=click.IntRange(min=0), help="How many at first.")
@click.option("--follow", "-f", is_flag=True, help="Wait for more, until interrupted.")
@JSON
@click.pass_obj
def tail(
    load_settings: "LoadSettings", tenant: str, lines: int, *, follow: bool, as_json: bool
) -> None:
    """Print the last events of a log; with --json one object a line."""
    from interfaces.cli import events_read as command

    command.tail(load_settings(), tenant, lines=lines, follow=follow, as_json=as_json)


@events.command()
@TENANT
@click.argument("what", metavar="STREAM|POSITION")
@JSON
@click.pass_obj
def show(load_settings: "LoadSettings", tenant: str, what: str, *, as_json: bool) -> None:
    """Print an event by its position, or the events of a stream, with all that is known."""
    from interfaces.cli import events_read as command

    command.show(load_settings(), tenant, what, as_json=as_json)


@events.command()
@TENANT
@click.option("--after", default=0, type=POSITION, help="Begin behind this position.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="[default: standard output]"
)
@JSON
@click.pass_obj
def export(
    load_settings: "LoadSettings", tenant: str, after: int, out: Path | None, *, as_json: bool
) -> None:
    """Write a tenant's log to a file that proves itself: JSON Lines under zstd, signed."""
    from interfaces.cli import events_move as command

    command.export(load_settings(), tenant, after=after, out=out, as_json=as_json)


@events.command("import")
@click.argument("file", type=FILE)
@KEYS
@click.option("--yes", "sure", is_flag=True, help="Don't ask.")
@JSON
@click.pass_obj
def import_(
    load_settings: "LoadSettings", file: Path, keys: Path | None, *, sure: bool, as_json: bool
) -> None:
    """Bring in an exported log, where there is none or an earlier part of it."""
    from interfaces.cli import events_move as command

    command.import_(load_settings(), file, keys, sure=sure, as_json=as_json)
