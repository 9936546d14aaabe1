"""`muniment projections dead-letters …`: what parked, and what to do about it."""

from typing import TYPE_CHECKING
from uuid import UUID

import rich_click as click

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
TENANT = click.option("--tenant", metavar="SLUG|ID", help="Of one tenant. [default: all]")
ID = click.argument("dead_letter_id", metavar="ID", type=click.UUID)


@click.group("dead-letters")
def dead_letters() -> None:
    """Streams that a projection could not take further."""


@dead_letters.command("list")
@click.option("--projection", help="Of one projection. [default: all]")
@TENANT
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="How many at most.")
@JSON
@click.pass_obj
def list_(
    load_settings: "LoadSettings",
    projection: str | None,
    tenant: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """Print dead letters, the oldest first."""
    from interfaces.cli import projections_operate as command

    command.list_(load_settings(), projection, tenant, limit=limit, as_json=as_json)


@dead_letters.command()
@ID
@JSON
@click.pass_obj
def show(load_settings: "LoadSettings", dead_letter_id: UUID, *, as_json: bool) -> None:
    """Print one dead letter: which stream, at which event, and what was the matter."""
    from interfaces.cli import projections_operate as command

    command.show(load_settings(), dead_letter_id, as_json=as_json)


@dead_letters.command()
@ID
@JSON
@click.pass_obj
def retry(load_settings: "LoadSettings", dead_letter_id: UUID, *, as_json: bool) -> None:
    """Take in what was passed over of its stream. 1 if it fails again."""
    from interfaces.cli import projections_operate as command

    command.retry(load_settings(), dead_letter_id, as_json=as_json)


@dead_letters.command()
@ID
@click.option("--reason", required=True, help="Why; it stands in the platform's log.")
@click.option("--yes", "sure", is_flag=True, help="Don't ask.")
@JSON
@click.pass_obj
def skip(
    load_settings: "LoadSettings",
    dead_letter_id: UUID,
    reason: str,
    *,
    sure: bool,
    as_json: bool,
) -> None:
    """Leave its event out for ever, and go on with those of its stream that follow."""
    from interfaces.cli import projections_operate as command

    command.skip(load_settings(), dead_letter_id, reason, sure=sure, as_json=as_json)
