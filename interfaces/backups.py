"""The daily backup: a process of its own, so that nothing of it can stop the sweep."""

import asyncio
import os
import sys

import structlog

from infrastructure import settings as settings_module
from infrastructure.settings import Settings

LOOK_EVERY_SECONDS = 900.0
HOURS = 24

log = structlog.get_logger(__name__)


class DailyBackup:
    """Has a set taken where the newest is a day old; one process at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    async def turn(self) -> None:
        """Begin one, or tell how the last one ended. Waits for nothing."""
        if self._settings.backup_url is None:
            return
        if self._process is None:
            self._process = await self._begin()
            return
        code = self._process.returncode
        if code is not None:
            self._process = None
            if code:
                log.error("backup.failed", exit_code=code)

    def end(self) -> None:
        """Leave none behind: what it did not finish, the next one does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _begin(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "interfaces.cli.main", "backup", "create"),
            *("--if-older-than-hours", str(HOURS)),
            env={**os.environ, **settings_module.to_environ(self._settings)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
