"""Notices that a tenant's read models have moved, over Valkey: hints only.

Whoever waits for a read model looks again at each notice, and from time to time without one.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from uuid import UUID

import redis
import structlog
from redis import asyncio as redis_asyncio

CHANNEL = "muniment:moved"
RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


def send(client: redis.Redis, tenant_id: UUID) -> None:
    """Tell every process that listens.

    Raises:
        redis.RedisError: Valkey can't be reached.
    """
    client.publish(CHANNEL, tenant_id.bytes)


class Notices:
    """The notices that reach this process, for those who wait in it."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._waiting: dict[bytes, set[asyncio.Event]] = {}
        self._is_told = False
        self.arrive = False
        """Whether Valkey would pass one on to this process now, so far as it knows."""

    @contextlib.contextmanager
    def of(self, tenant_id: UUID) -> Iterator[asyncio.Event]:
        """An event that each notice for this tenant sets."""
        noticed = asyncio.Event()
        waiting = self._waiting.setdefault(tenant_id.bytes, set())
        waiting.add(noticed)
        try:
            yield noticed
        finally:
            waiting.discard(noticed)
            if not waiting:
                del self._waiting[tenant_id.bytes]

    async def listen(self) -> None:
        """Take notices until cancelled; where Valkey can't be reached, try again each second."""
        while True:
            try:
                await self._listen_once()
            except (redis.RedisError, OSError) as error:
                if not self._is_told:  # once, not each second
                    log.warning("notices.not_heard", reason=type(error).__name__)
                self._is_told = True
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        client = redis_asyncio.Redis.from_url(
            self._url, socket_connect_timeout=2, health_check_interval=30
        )
        async with client, client.pubsub(ignore_subscribe_messages=True) as heard:
            await heard.subscribe(CHANNEL)
            self.arrive, self._is_told = True, False
            try:
                async for message in heard.listen():
                    for noticed in self._waiting.get(message["data"], ()):
                        noticed.set()
            finally:
                self.arrive = False
