"""`muniment replay`: read models from the log alone. What is heavy is imported when it runs."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import rich_click as click

from interfaces.cli.projections import JSON, PROCESSES, TENANT

if TYPE_CHECKING:
    from interfaces.cli.open_database import LoadSettings


class Moment(click.ParamType):  # type: ignore[type-arg] # not generic when it runs
    """A position, or a time with its zone."""

    name = "POSITION|TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> int | datetime:
        """`100`, or `2026-11-20T10:00:00Z`."""
        if isinstance(value, int | datetime):
            return value
        if value.isascii() and value.isdigit() and len(value) < 19:  # noqa: PLR2004 - digits of a bigint
            return int(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a position nor a time", param, context)
        if moment.tzinfo is None:
            self.fail("a time needs its zone, such as 2026-11-20T10:00:00Z", param, context)
        return moment


@click.command()
@TENANT
@click.option(
    "--projection", "names", multiple=True, metavar="NAME", help="One read model. [default: all]"
)
@click.option("--until", type=Moment(), help="No further than this; takes --into.")
@click.option("--into", metavar="SCHEMA", help="Make a copy there, and leave the live ones alone.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--verify", is_flag=True, help="Prove the logs first, and do nothing if one is not.")
@click.option("--yes", "sure", is_flag=True, help="Don't ask.")
@PROCESSES
@JSON
@click.pass_obj
def replay(load_settings: "LoadSettings", /, **given: Any) -> None:
    """Recover read models from the log alone: lost tables, and rows that are not as they should be.

    1 if --dry-run finds something to do.
    """
    from interfaces.cli import replay as command

    options = _Options(**given)
    if options.until is not None and options.into is None:
        raise click.UsageError("--until makes a copy: name its schema with --into")
    if isinstance(options.until, int) and options.tenant is None:
        raise click.UsageError("a position is one of a tenant's log: name it with --tenant")
    if options.into is not None and options.dry_run:
        raise click.UsageError("--into changes nothing that is live: leave out --dry-run")
    if options.as_json and not (options.sure or options.dry_run or options.into):
        raise click.UsageError("--json asks nothing: give --yes with it")
    asked = command.Asked(
        options.names,
        options.tenant,
        options.processes,
        verify=options.verify,
        sure=options.sure,
        as_json=options.as_json,
    )
    if options.into is not None:
        command.copy(load_settings(), asked, options.into, options.until)
    elif options.dry_run:
        command.dry_run(load_settings(), asked)
    else:
        command.recover(load_settings(), asked)


class _Options(NamedTuple):
    """What click hands over."""

    tenant: str | None
    names: tuple[str, ...]
    until: int | datetime | None
    into: str | None
    processes: int | None
    dry_run: bool
    verify: bool
    sure: bool
    as_json: bool
