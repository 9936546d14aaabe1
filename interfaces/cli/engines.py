"""The databases behind one installation: embedded where no address is set, else the given ones."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit

from infrastructure import database_url, secrets_store
from infrastructure.embedded import errors
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.embedded.valkey import EmbeddedValkey
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError
from interfaces.cli.preflight import CannotStart

DATABASE = "muniment"
_APP_PASSWORD = "app_database_password"  # noqa: S105 - the name it is kept under


class Engines:
    """PostgreSQL and Valkey of these settings."""

    def __init__(self, settings: Settings, *, valkey: bool = True) -> None:
        """Without `valkey` it is the database alone."""
        self._settings = settings
        given = settings.database_url, settings.redis_url
        self._postgres = EmbeddedPostgres(settings.data_dir) if given[0] is None else None
        own_valkey = valkey and given[1] is None
        self._valkey = EmbeddedValkey(settings.data_dir) if own_valkey else None

    @property
    def embedded(self) -> list[EmbeddedPostgres | EmbeddedValkey]:
        return [engine for engine in (self._postgres, self._valkey) if engine is not None]

    def start(self, stop_asked: Callable[[], bool]) -> None:
        """Start what is embedded, side by side. Raises EmbeddedEngineError."""
        with ThreadPoolExecutor(2) as pool:
            starts = [pool.submit(engine.start) for engine in self.embedded]
            while not all(start.done() for start in starts):
                if stop_asked():
                    self.stop()
                time.sleep(0.02)
        problems = [error for start in starts if (error := start.exception())]
        if problems and not stop_asked():
            raise problems[0]

    def tend(self, say: Callable[[str], None]) -> None:
        """Start again an embedded engine that is gone."""
        for engine in self.embedded:
            if engine.pid is None:
                say(f"{type(engine).__name__.removeprefix('Embedded')} is gone and starts again")
                engine.start()

    def migrate(self) -> None:
        """Bring the database up to date. Given databases need MUNIMENT_ADMIN_DATABASE_URL.

        Raises CannotStart when the database cannot be reached.
        """
        import psycopg

        from interfaces import provision

        if self._postgres is not None:
            admin_url, name = self._postgres.admin_url, DATABASE
        elif self._settings.admin_database_url is not None:
            admin_url = self._settings.admin_database_url.reveal()
            name = unquote(urlsplit(admin_url).path.removeprefix("/"))
        else:
            return
        try:
            provision.migrate_database(admin_url, name, app_password=self._app_password())
        except psycopg.OperationalError as error:
            reason = " ".join(str(error).split())
            raise CannotStart(f"the database cannot be migrated: {reason}") from error

    def environment(self) -> dict[str, str]:
        """The addresses, as the processes that use them expect them."""
        given = self._valkey is None
        redis_url = self._settings.required_redis_url() if given else self._valkey_url()
        return {"DATABASE_URL": self.database_url(), "REDIS_URL": redis_url}

    def database_url(self) -> str:
        """The database, as the application's role."""
        from interfaces import provision

        if self._postgres is None:
            return self._settings.required_database_url()
        return database_url.derive(
            self._postgres.admin_url,
            database=DATABASE,
            user=provision.APP_ROLE,
            password=self._app_password(),
        )

    def admin_database_url(self) -> str | None:
        """The database, as a role that may do more; None where nobody told its address."""
        if self._postgres is not None:
            return database_url.derive(self._postgres.admin_url, database=DATABASE)
        given = self._settings.admin_database_url
        return given.reveal() if given else None

    def stop(self, *, valkey_seconds: float = 4.0, postgres_seconds: float = 8.0) -> None:
        """Valkey first, then PostgreSQL, each within its time."""
        if self._valkey is not None:
            self._valkey.stop(valkey_seconds)
        if self._postgres is not None:
            self._postgres.stop(postgres_seconds)

    def _valkey_url(self) -> str:
        if self._valkey is None:
            raise errors.EmbeddedEngineError("Valkey is not embedded")
        return self._valkey.url

    def _app_password(self) -> str:
        if self._settings.database_url is None:
            return secrets_store.keep(self._settings.data_dir, [_APP_PASSWORD])[_APP_PASSWORD]
        password = urlsplit(self._settings.database_url.reveal()).password
        if not password:
            # Migrating would take the role's password away.
            raise SettingsError(variable("database_url"), "must hold the role's password")
        return unquote(password)
