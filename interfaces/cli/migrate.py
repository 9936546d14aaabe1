"""`muniment migrate`: brings the database up to date and ends."""

from collections.abc import Callable

from infrastructure.embedded import layout
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError
from interfaces.cli import preflight
from interfaces.cli.engines import Engines


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """An embedded PostgreSQL is started for it, and stopped again."""
    if settings.database_url is not None and settings.admin_database_url is None:
        raise SettingsError(variable("admin_database_url"), "must be set to migrate DATABASE_URL")
    engines = Engines(settings)
    if settings.database_url is not None:
        engines.migrate()
    else:
        layout.Layout(settings.data_dir).prepare()
        lock = preflight.DataLock(settings.data_dir)
        lock.take()
        try:
            engines.start(lambda: False)
            engines.migrate()
        finally:
            engines.stop()
            lock.release()
    say("the database is up to date")
