"""What an administrator does on the command line, on record in the platform's log."""

import asyncio
import getpass
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import msgspec

from application.actor import Actor, Cause
from application.logins.commands import EraseLogin
from application.logins.handlers import erase_login_again
from application.platform import handlers
from application.ports import Ports
from domain.event import Event
from domain.ids import PLATFORM, CommandId, StreamId, TenantId
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
    """Records facts about the installation, connected for as long as it is in use."""

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
        self.record_in(streams.of_projection(projection), fact)

    def record_in(self, stream_id: StreamId, fact: Event) -> None:
        """Write a fact into a stream of the platform's log."""
        self._runner.run(handlers.record(fact, stream_id, self._actor(), self._ports))

    def erase_again(self, tenant_id: TenantId, user_id: UUID) -> None:
        """Record an erasure that a restored log doesn't know of."""
        actor = msgspec.structs.replace(self._actor(), tenant_id=tenant_id)
        erasure = erase_login_again(EraseLogin(user_id=user_id), actor, self._ports)
        self._runner.run(erasure)

    def _actor(self) -> Actor:
        cause = Cause(command_id=CommandId(self._ports.ids.new()), correlation_id=uuid4())
        return Actor(tenant_id=PLATFORM, name=name(), role="platform", cause=cause)
