"""The `muniment` command. Heavy modules are imported by the command that needs them."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - a checkout can be run with any Python
    sys.exit("Muniment needs Python 3.11 or newer")

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from interfaces import lifeline
from interfaces.cli import audit, backup, events, projections, replay_options, vault

if TYPE_CHECKING:
    from infrastructure.settings import Settings

LIFELINE = click.option("--lifeline", "lifeline_end", type=int, hidden=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="muniment", message="muniment %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep an organisation's documents, answer questions from them, and prove every step."""
    context.obj = _settings


cli.add_command(events.events)
cli.add_command(projections.projections)
cli.add_command(vault.vault)
cli.add_command(replay_options.replay)
cli.add_command(audit.audit)
cli.add_command(backup.backup)


@cli.command()
def serve() -> None:
    """Run everything on this machine: databases, web, workers and scheduler."""
    from interfaces.cli import serve as command

    command.run(_settings(), _say)


@cli.command()
@LIFELINE
def web(lifeline_end: int | None) -> None:
    """Answer HTTP requests."""
    from interfaces import web as process

    _run_process(process.run, lifeline_end)


@cli.command()
@LIFELINE
def worker(lifeline_end: int | None) -> None:
    """Work on jobs and keep read models up to date."""
    from interfaces import worker as process

    _run_process(process.run, lifeline_end)


@cli.command()
@LIFELINE
def scheduler(lifeline_end: int | None) -> None:
    """Start what is due: sweeps, retries and periodic jobs. One of several is active."""
    from interfaces import scheduler as process

    _run_process(process.run, lifeline_end)


@cli.command()
def migrate() -> None:
    """Bring the database up to date."""
    from interfaces.cli import migrate as command

    command.run(_settings(), _say)


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--url", help="Where Muniment answers. [default: from the settings]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for machines.")
def demo(paths: tuple[Path, ...], url: str | None, as_json: bool) -> None:
    """Upload real files, watch their stages, ask questions, and show the event history."""
    from interfaces.cli import demo as command

    settings = _settings()
    command.run(paths, url or f"http://{settings.host}:{settings.port}", as_json=as_json)


def main() -> None:
    """Run the command. 0 done, 1 failed (one line on stderr), 2 wrong usage."""
    try:
        cli()
    except Exception as error:
        if not isinstance(error, _known_errors()):
            raise
        click.echo(f"muniment: {error}", err=True)
        sys.exit(1)


def _say(line: str) -> None:
    """A line for the terminal; one that is gone must not keep anybody from stopping in order."""
    with contextlib.suppress(OSError):
        click.echo(line)


def _run_process(run: "Callable[[Settings], None]", lifeline_end: int | None) -> None:
    if lifeline_end is not None:
        lifeline.watch(lifeline_end)
    from infrastructure import settings as settings_module

    settings = _settings()
    settings.required_database_url()
    settings.required_redis_url()
    # What this process starts in its turn reads the same settings, also those of `.env`.
    os.environ.update(settings_module.to_environ(settings))
    run(settings)


def _settings() -> "Settings":
    from infrastructure import settings

    return settings.load(os.environ, Path(".env"))


def _known_errors() -> tuple[type[Exception], ...]:
    """Errors whose message says it all: a traceback would only hide it."""
    from domain.event import RuleBroken
    from infrastructure.audit.parquet import FormatUnavailable
    from infrastructure.backup.collection import NoSuchSet
    from infrastructure.backup.restoring import NotRestored
    from infrastructure.backup.sealed_file import BackupDamaged
    from infrastructure.backup.taking import BackupUnderWay
    from infrastructure.blobs import BlobDamaged
    from infrastructure.catalogue_audit import UnfitDatabase
    from infrastructure.embedded.errors import EmbeddedEngineError
    from infrastructure.event_log.exporter import NotExported
    from infrastructure.event_log.incoming import NotImported
    from infrastructure.event_log.log_file_lines import Unfit
    from infrastructure.event_log.reading import NotInTheLog
    from infrastructure.settings_error import SettingsError
    from infrastructure.vault.custody import KeysNotTaken
    from infrastructure.vault.master_keys import MasterKeyUnknown, WrappedKeyDamaged
    from interfaces.cli.preflight import CannotStart
    from interfaces.cli.processes import ChildKeepsEnding
    from interfaces.cli.projections_rebuild import Interrupted
    from projections.engine.fill import Poisoned, Superseded
    from projections.engine.reading import LogNotContiguous
    from projections.engine.registry import NotPossible

    starting = (SettingsError, EmbeddedEngineError, CannotStart, ChildKeepsEnding, UnfitDatabase)
    rebuilding = (Interrupted, LogNotContiguous, NotPossible, Poisoned, Superseded)
    keys = (KeysNotTaken, MasterKeyUnknown, WrappedKeyDamaged)
    moving = (NotExported, NotImported, NotInTheLog, Unfit, FormatUnavailable)
    backing_up = (BackupDamaged, BackupUnderWay, BlobDamaged, NoSuchSet, NotRestored)
    return (*starting, *rebuilding, *keys, *moving, *backing_up, RuleBroken)


if __name__ == "__main__":
    main()
