"""`muniment vault …`: the keys of persons. What is heavy is imported by the command in use."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.events import FILE, JSON, TENANT

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings


@click.group()
def vault() -> None:
    """Wrap and move the keys of persons."""


@vault.command()
@JSON
@click.pass_obj
def rewrap(load_settings: "LoadSettings", *, as_json: bool) -> None:
    """Wrap every key with MUNIMENT_VAULT_KEY that is wrapped with an earlier one."""
    from interfaces.cli import vault_keys as command

    command.rewrap(load_settings(), as_json=as_json)


@vault.command()
@TENANT
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file."
)
@JSON
@click.pass_obj
def export(load_settings: "LoadSettings", tenant: str, out: Path, *, as_json: bool) -> None:
    """Write the wrapped keys of a tenant's persons to a file of your own."""
    from interfaces.cli import vault_keys as command

    command.export(load_settings(), tenant, out=out, as_json=as_json)


@vault.command("import")
@click.argument("file", type=FILE)
@JSON
@click.pass_obj
def import_(load_settings: "LoadSettings", file: Path, *, as_json: bool) -> None:
    """Take in keys before the log that they open. Whoever was erased there is erased here."""
    from interfaces.cli import vault_keys as command

    command.import_(load_settings(), file, as_json=as_json)
