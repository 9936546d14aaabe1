"""An export on its way to whoever asked for it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import structlog
from litestar.response import Stream
from litestar.types import Message, Receive, Scope, Send

from application.actor import Actor
from application.audit import handlers
from application.audit.commands import EndExport
from domain.audit.events import Outcome
from infrastructure.audit.export import Export
from infrastructure.audit.slots import EXTEND_AFTER_SECONDS
from interfaces.parts import Web

PIECE_BYTES = 256 * 1024
"""A reader has to take that much within `MUNIMENT_STALL_SECONDS_MAX`."""

log = structlog.get_logger(__name__)


class LeaseLost(Exception):  # noqa: N818 - named for what happened
    """The reader took so long that another export has this one's place."""


class ReaderStalled(Exception):  # noqa: N818 - named for what happened
    """The reader did not take one piece within the time that it has for each."""


class Delivery:
    """Gives out an export that is recorded as started, and records its end, whichever it is.

    Chunks are made in threads, one after the other; a reader that stops reading stops the making.
    One that goes away, at whatever point, has `end` called at once; one that stays and reads
    nothing has it called in the end.
    """

    def __init__(self, web: Web, actor: Actor, lease_id: UUID, export_id: UUID) -> None:
        self._web = web
        self._actor = actor
        self._lease_id = lease_id
        self._export_id = export_id
        self._outcome: Outcome = "cut"
        self._ended = False
        self._extended_at = time.monotonic()
        self._export: Export | None = None
        self.stall_seconds_max = web.settings.stall_seconds_max

    async def chunks(self, export: Export) -> AsyncGenerator[bytes, None]:
        """The file."""
        self._export = export
        try:
            while (chunk := await asyncio.to_thread(export.next_chunk)) is not None:
                for start in range(0, len(chunk), PIECE_BYTES):
                    yield chunk[start : start + PIECE_BYTES]
                await self._keep_lease()
            self._outcome = "finished"
        except (asyncio.CancelledError, GeneratorExit, LeaseLost):
            raise
        except Exception:
            self._outcome = "failed"
            raise
        finally:
            self.end()

    def end(self) -> None:
        """Give the place back and record how it ended, without waiting for either."""
        if self._ended:
            return
        self._ended = True
        task = asyncio.get_running_loop().create_task(self._finish())
        self._web.ending.add(task)
        task.add_done_callback(self._web.ending.discard)

    async def _keep_lease(self) -> None:
        if time.monotonic() - self._extended_at < EXTEND_AFTER_SECONDS:
            return
        if not await self._web.audit.slots.extend(self._actor.tenant_id, self._lease_id):
            raise LeaseLost
        self._extended_at = time.monotonic()

    async def _finish(self) -> None:
        export = self._export
        command = EndExport(
            export_id=self._export_id,
            outcome=self._outcome,
            position=export.last.position if export else 0,
            events=export.events if export else 0,
        )
        try:
            await self._web.audit.slots.release(self._actor.tenant_id, self._lease_id)
            await handlers.end_export(command, self._actor, self._web.ports)
        except Exception:
            log.exception("audit.export_end_not_recorded", export_id=str(self._export_id))


class Delivered(Stream):
    """An answer that ends its delivery also where the reader goes away, or reads no more."""

    def __init__(self, delivery: Delivery, export: Export, **more: Any) -> None:
        super().__init__(delivery.chunks(export), **more)
        self._delivery = delivery

    def to_asgi_response(self, *arguments: Any, **more: Any) -> Any:
        """The answer, watched."""
        made = super().to_asgi_response(*arguments, **more)
        return _Watched(made, self._delivery)


class _Watched:
    def __init__(self, answer: Any, delivery: Delivery) -> None:
        self._answer = answer
        self._delivery = delivery

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, self._bounded(send))
        except* ReaderStalled:
            log.info("audit.export_stalled")  # unfinished, so the server breaks the connection off
        finally:
            self._delivery.end()

    def _bounded(self, send: Send) -> Send:
        seconds = self._delivery.stall_seconds_max

        async def bounded(message: Message) -> None:
            try:
                async with asyncio.timeout(seconds):
                    await send(message)
            except TimeoutError as error:
                raise ReaderStalled from error

        return bounded
