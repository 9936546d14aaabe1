"""`muniment serve`: both databases and every process, under one foreground parent."""

import os
import sys
import time
from collections.abc import Callable

from infrastructure import secrets_store
from infrastructure import settings as settings_module
from infrastructure.embedded import layout, logs
from infrastructure.settings import Settings
from interfaces.cli import first_login, preflight, readiness
from interfaces.cli.engines import Engines
from interfaces.cli.processes import Family, Plan, clear_left_overs
from interfaces.cli.stop_signals import Insisted, StopSignals

_READY_SECONDS = 120.0
_TICK_SECONDS = 0.1
_HOUSEKEEPING_SECONDS = 1.0
_WEB_SECONDS = 8.0
_WORK_SECONDS = 10.0


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until a signal asks to stop. `say` takes lines for the terminal.

    Raises CannotStart, EmbeddedEngineError or ChildKeepsEnding.
    """
    signals = StopSignals()
    signals.install()
    places = layout.Layout(settings.data_dir)
    places.prepare()
    lock = preflight.DataLock(settings.data_dir)
    lock.take()
    try:
        clear_left_overs(places.root / "children.json")
        preflight.port_is_free(settings.host, settings.port)
        Installation(settings, places, signals, say).run()
    finally:
        lock.release()


class Installation:
    """Everything that runs on behalf of one data directory."""

    def __init__(
        self,
        settings: Settings,
        places: layout.Layout,
        signals: StopSignals,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._places = places
        self._signals = signals
        self._say = say
        self._engines = Engines(settings)
        self._family: Family | None = None
        self._began = time.monotonic()

    def run(self) -> None:
        try:
            self._start()
            self._watch()
        except Insisted:
            self._force()
        except BaseException:
            self._stop()
            raise
        else:
            self._stop()

    def _start(self) -> None:
        self._say(f"Muniment starts in {self._places.root}")
        self._engines.start(lambda: self._signals.asked)
        if self._signals.asked:
            return
        self._engines.migrate()
        self._say(f"databases are up and migrated ({self._elapsed():.1f} s)")
        self._family = Family(
            plans(self._settings, self._places),
            self._environment(),
            self._places.root / "children.json",
            self._say,
        )
        self._family.start()

    def _watch(self) -> None:
        ready = False
        late_at = time.monotonic() + _READY_SECONDS
        housekeeping_at = 0.0
        while self._family is not None and not self._signals.asked:
            self._family.tend()
            if not ready and readiness.web_is_ready(self._settings):
                ready = True
                self._announce()
            if not ready and time.monotonic() > late_at:
                log = self._places.log / "web.log"
                raise preflight.CannotStart(f"web does not become ready; see {log}")
            if time.monotonic() >= housekeeping_at:
                housekeeping_at = time.monotonic() + _HOUSEKEEPING_SECONDS
                self._engines.tend(self._say)
                logs.bound(self._places.log)
            time.sleep(_TICK_SECONDS)

    def _stop(self) -> None:
        """Web first, so that nobody asks any more; then work; the databases last."""
        if self._signals.asked:
            self._say("stopping (once more to force it)")
        try:
            if self._family is not None:
                others = [name for name in self._family.names if name != "web"]
                self._family.end(["web"], _WEB_SECONDS)
                self._family.end(others, _WORK_SECONDS)
            self._engines.stop()
            self._say("stopped")
        except Insisted:
            self._force()

    def _force(self) -> None:
        """Nobody is waited for. What PostgreSQL has committed is safe all the same."""
        if self._family is not None:
            self._family.kill(self._family.names)
        self._engines.stop(valkey_seconds=0.5, postgres_seconds=1.0)
        self._say("stopped by force")

    def _announce(self) -> None:
        host = self._settings.host
        address = f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"
        self._say(f"Muniment is ready ({self._elapsed():.1f} s). Ctrl-C stops it.")
        self._say(f"  address     {address}")
        if self._settings.environment != "production":
            self._say(f"  API docs    {address}/docs")
        if self._settings.environment == "development":
            self._say(f"  demo login  {self._demo_login()}")
            self._say(
                f"  admin       {settings_module.variable('admin_token')} in {self._secrets()}"
            )
        self._say(f"  data        {self._places.root}")
        self._say(f"  logs        {self._places.log}")

    def _demo_login(self) -> str:
        host = readiness.reachable_host(self._settings.host)
        try:
            login = first_login.ensure(host, self._settings.port, self._places.root)
        except first_login.NoLogin as error:
            return str(error)
        return f"{login.email}  {login.password}  (tenant {login.tenant})"

    def _secrets(self) -> str:
        """Where the token is, not what: others look at a terminal too."""
        return str(secrets_store.path(self._settings.data_dir))

    def _environment(self) -> dict[str, str]:
        own = {"PYTHONUNBUFFERED": "1"} | settings_module.to_environ(self._settings)
        return dict(os.environ) | own | self._engines.environment()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began


def plans(settings: Settings, places: layout.Layout) -> list[Plan]:
    """The processes of an installation."""
    workers = [f"worker-{number}" for number in range(1, settings.worker_processes + 1)]
    return [
        Plan(
            name,
            # -P: what happens to lie in the working directory must not be imported.
            (
                *(sys.executable, "-P", "-m", "interfaces.cli.main"),
                *(name.partition("-")[0], "--lifeline", "{lifeline}"),
            ),
            places.log / f"{name}.log",
        )
        for name in ("web", *workers, "scheduler")
    ]
