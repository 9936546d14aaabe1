"""Turns at a stream within one process: those who take one never meet a version conflict there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    """One lock a stream, kept as long as somebody holds it or waits for it.

    A courtesy that saves retries. What holds between processes is the expected version.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, stream_id: UUID) -> AsyncIterator[None]:
        """Hold the stream's turn."""
        lock = self._locks.get(stream_id)
        if lock is None:
            lock = self._locks[stream_id] = asyncio.Lock()
        async with lock:
            yield
