"""The process that answers HTTP requests."""

import os
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from infrastructure import settings as settings_module
from infrastructure.settings import Settings
from interfaces import logging, starting

if TYPE_CHECKING:
    from litestar.types import ASGIApp

BACKLOG = 1024
STOP_SECONDS = 20


def run(settings: Settings) -> None:
    """Serve until a signal asks to stop; requests in flight are answered first."""
    logging.configure(settings)
    starting.audit(settings)
    Granian(
        "interfaces.web:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        backlog=BACKLOG,
        log_level=LogLevels.warning,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def create() -> "ASGIApp":
    """The application of one server process, by the settings in its environment."""
    # Imported here: the parent of the server processes needs none of it.
    from interfaces import bootstrap
    from interfaces.http import app

    settings = settings_module.load(os.environ, None)
    logging.configure(settings)
    return app.create(bootstrap.web(settings))
