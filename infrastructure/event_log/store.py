"""The asynchronous event store: commands of one tenant that arrive together share one call."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import psycopg

from application.recorded import Append, Overloaded, Recorded, RecordedEvent
from domain.ids import CommandId, Position, StreamId, TenantId, Version
from infrastructure.database import Database
from infrastructure.event_log import enclosing, rows
from infrastructure.event_log.append_call import AppendCall
from infrastructure.event_log.lanes import Lane, Lanes
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS, Vault

SQL = Queries(__package__, "log.sql")

BATCH_COMMANDS_MAX = 100
WAITING_COMMANDS_MAX = 10_000
DEADLINE_SECONDS = 10.0

_Waiting = tuple[Append, asyncio.Future[Recorded]]


class CommandRow(NamedTuple):
    """What `log.commands` holds of one command."""

    command_id: UUID
    fingerprint: bytes | None
    stream_id: UUID
    version: int
    last_position: int

    @property
    def recorded(self) -> Recorded:
        """What the command came to."""
        return Recorded(
            id=self.stream_id,
            version=Version(self.version),
            position=Position(self.last_position),
        )


class PostgresEventStore:
    """Implements `EventStore` over `log.append`.

    The first command of a tenant goes out at once; those that arrive while its call is under way
    form the next one. So an idle system adds no delay, and a busy one fills its batches.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        recorded: Callable[[TenantId], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._recorded = recorded
        statements = {name: SQL[name] for name in ("append", "append_one")}
        self._lanes = Lanes(database.url, statements, changed=self._lanes_changed)
        database.close_with(self._lanes.close)
        self._waiting: dict[TenantId, deque[_Waiting]] = {}
        self._ready: deque[TenantId] = deque()
        """Tenants with commands waiting and no call under way, in the order they came."""
        self._count = 0
        self._drained: list[asyncio.Future[None]] = []

    async def load(self, tenant_id: TenantId, stream_id: StreamId) -> Sequence[RecordedEvent]:
        """All events of one stream, oldest first."""
        parameters = {"stream_id": stream_id, "after": 0}
        found = await self._database.rows(tenant_id, SQL["stream"], parameters, rows.EventRow)
        persons = rows.persons(found)
        keys = await self._vault.keys(self._database, tenant_id, persons) if persons else NO_KEYS
        return [rows.to_event(row, keys) for row in found]

    async def command(self, tenant_id: TenantId, command_id: CommandId) -> CommandRow | None:
        """What a command id recorded, if it did."""
        parameters = {"command_id": command_id}
        return await self._database.row(tenant_id, SQL["command"], parameters, CommandRow)

    async def append(self, tenant_id: TenantId, command: Append) -> Recorded:
        """Record one command; see `EventStore.append`.

        A caller that is cancelled does not cancel the command: sent again with the same id, it
        returns what was recorded.
        """
        if self._count >= WAITING_COMMANDS_MAX:
            raise Overloaded
        if persons := enclosing.persons(command):
            keys = await self._vault.ensure(self._database, tenant_id, persons)
            command = enclosing.enclosed(tenant_id, command, keys)
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._count += 1
        queue = self._waiting.get(tenant_id)
        if queue is None:
            self._waiting[tenant_id] = queue = deque()
            self._ready.append(tenant_id)
        queue.append((command, answer))
        self._send_ready()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await answer
        except TimeoutError as late:
            raise Overloaded from late

    async def drain(self) -> None:
        """Wait until every command taken so far has its answer."""
        if self._count:
            drained = asyncio.get_running_loop().create_future()
            self._drained.append(drained)
            await drained

    def _send_ready(self) -> None:
        while self._ready and (lane := self._lanes.take()) is not None:
            self._send(self._ready.popleft(), lane)

    def _send(self, tenant_id: TenantId, lane: Lane) -> None:
        queue = self._waiting[tenant_id]
        taken = [queue.popleft() for _ in range(min(len(queue), BATCH_COMMANDS_MAX))]

        def done(outcomes: Sequence[Recorded | Exception]) -> None:
            self._lanes.give_back(lane)
            self._settle(taken, outcomes)
            if queue:
                self._ready.append(tenant_id)
            else:
                del self._waiting[tenant_id]
            self._send_ready()
            if any(isinstance(outcome, Recorded) for outcome in outcomes):
                self._recorded(tenant_id)

        AppendCall(lane, tenant_id, [command for command, _ in taken], done).send()

    def _lanes_changed(self, error: psycopg.Error | None) -> None:
        while error is not None and self._ready:
            waiting = self._waiting.pop(self._ready.popleft())
            self._settle(waiting, [error] * len(waiting))
        self._send_ready()

    def _settle(
        self, waiting: Collection[_Waiting], outcomes: Sequence[Recorded | Exception]
    ) -> None:
        self._count -= len(waiting)
        for (_, answer), outcome in zip(waiting, outcomes, strict=True):
            if answer.done():
                continue  # its caller went away
            if isinstance(outcome, Recorded):
                answer.set_result(outcome)
            else:
                answer.set_exception(outcome)
        if not self._count:
            for drained in self._drained:
                drained.set_result(None)
            self._drained.clear()
