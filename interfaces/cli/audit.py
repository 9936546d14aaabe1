"""`muniment audit …`: a log for auditors. What is heavy is imported by the command in use."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.events import FILE, JSON, KEYS, POSITION, TENANT

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings

FORMATS = ("jsonl", "csv", "parquet", "cef", "ocsf")


@click.group()
def audit() -> None:
    """Export a log for auditors, and verify such exports."""


@audit.command()
@TENANT
@click.option("--format", "format_", default="jsonl", type=click.Choice(FORMATS))
@click.option("--after", default=0, type=POSITION, help="Begin behind this position.")
@click.option("--until", type=POSITION, help="End here. [default: where the log ends]")
@click.option("--personal", is_flag=True, help="Give out personal fields in clear.")
@click.option(
    "--output",
    "-o",
    required=True,
    metavar="FILE|-",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help="Where to, - for standard output.",
)
@JSON
@click.pass_obj
def export(
    load_settings: "LoadSettings",
    *,
    tenant: str,
    format_: str,
    after: int,
    until: int | None,
    personal: bool,
    output: Path,
    as_json: bool,
) -> None:
    """Write a tenant's log with what proves it; the log records that."""
    from application.audit.commands import StartExport
    from interfaces.cli import audit_export as command

    asked = StartExport(format=format_, after=after, until=until, personal=personal)  # type: ignore[arg-type] # one of FORMATS
    out = None if str(output) == "-" else output
    command.run(load_settings(), tenant, asked, out, as_json=as_json)


@audit.command()
@click.argument("file", type=FILE)
@KEYS
@JSON
def verify(file: Path, keys: Path | None, *, as_json: bool) -> None:
    """Prove an export without database and network. 1 if it is not what was recorded."""
    from interfaces.cli import audit_verify as command

    command.run(file, keys, as_json=as_json)
