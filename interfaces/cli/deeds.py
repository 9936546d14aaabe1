"""What an administrator does on the command line, on record in the platform's log."""

import asyncio
import getpass
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from uuid import uuid4

from application.actor import Actor, Cause
from application.platform import handlers
from application.ports import Ports
from domain.event import Event
from domain.ids import PLATFORM, CommandId
from domain.platform import streams
from infrastructure.settings import Settings
from interfaces import bootstrap


def name() -> str:
    """Who acts: the user of the operating system."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"


class Deeds:
    """Records facts about projections, connected for as long as it is in use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    def __enter__(self) -> Self:
        self._ports: Ports = self._runner.run(
            self._stack.enter_async_context(bootstrap.recording(self._settings))
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def record(self, projection: str, fact: Event) -> None:
        """Write a fact about a projection into the platform's log."""
        self._runner.run(self._record(projection, fact))

    async def _record(self, projection: str, fact: Event) -> None:
        cause = Cause(command_id=CommandId(self._ports.ids.new()), correlation_id=uuid4())
        actor = Actor(tenant_id=PLATFORM, name=name(), role="platform", cause=cause)
        await handlers.record(fact, streams.of_projection(projection), actor, self._ports)
