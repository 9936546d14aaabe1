"""The asynchronous event store: commands of one tenant that arrive together share one call."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import tuple_row

from application.recorded import Append, Overloaded, Recorded, RecordedEvent
from domain.ids import CommandId, Position, StreamId, TenantId, Version
from infrastructure.database import Database
from infrastructure.event_log import batch, enclosing, rows
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS, Vault

SQL = Queries(__package__, "log.sql")

BATCH_COMMANDS_MAX = 100
WAITING_COMMANDS_MAX = 10_000
DEADLINE_SECONDS = 10.0
TRIES_MAX = 3
"""A deadlock over claims or a serialisation failure is tried again, with the same command ids."""

log = structlog.get_logger(__name__)


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
        self._waiting: dict[TenantId, deque[tuple[Append, asyncio.Future[Recorded]]]] = {}
        self._flushers: set[asyncio.Task[None]] = set()
        self._count = 0

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
        queue = self._waiting.get(tenant_id)
        self._count += 1
        if queue is None:
            self._waiting[tenant_id] = deque([(command, answer)])
            flusher = asyncio.create_task(self._flush(tenant_id))
            self._flushers.add(flusher)
            flusher.add_done_callback(self._flushers.discard)
        else:
            queue.append((command, answer))
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await answer
        except TimeoutError as late:
            raise Overloaded from late

    async def drain(self) -> None:
        """Wait until every command taken so far has its answer."""
        while self._flushers:
            await asyncio.wait(list(self._flushers))

    async def _flush(self, tenant_id: TenantId) -> None:
        queue = self._waiting[tenant_id]
        while queue:
            taken = [queue.popleft() for _ in range(min(len(queue), BATCH_COMMANDS_MAX))]
            try:
                outcomes = await self._append(tenant_id, [command for command, _ in taken])
            except Exception as error:  # noqa: BLE001 - every caller of the batch gets it
                outcomes = [error] * len(taken)
            self._count -= len(taken)
            for (_, answer), result in zip(taken, outcomes, strict=True):
                if answer.done():
                    continue  # its caller went away
                if isinstance(result, Recorded):
                    answer.set_result(result)
                else:
                    answer.set_exception(result)
            if any(isinstance(result, Recorded) for result in outcomes):
                self._recorded(tenant_id)
        del self._waiting[tenant_id]

    async def _append(
        self, tenant_id: TenantId, commands: Sequence[Append]
    ) -> list[Recorded | Exception]:
        parameters = self._parameters(tenant_id, commands)
        for attempt in range(1, TRIES_MAX + 1):
            try:
                row = await self._call(*parameters)
                return [batch.outcome(row, index) for index in range(len(commands))]
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                if attempt == TRIES_MAX:
                    raise
                log.warning("append.tried_again", tenant_id=str(tenant_id), attempt=attempt)
        raise AssertionError("unreachable")

    def _parameters(
        self, tenant_id: TenantId, commands: Sequence[Append]
    ) -> tuple[str, dict[str, Any]]:
        if batch.is_one(commands):
            return "append_one", batch.parameters_of_one(tenant_id, commands[0])
        return "append", batch.parameters(tenant_id, commands)

    async def _call(self, query: str, parameters: dict[str, Any]) -> batch.AppendRow:
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row, binary=True)
            await cursor.execute(SQL[query], parameters)
            row = await cursor.fetchone()
        if row is None:
            raise RuntimeError(f"log.{query} gave no row")
        return batch.AppendRow(*row) if query == "append" else batch.AppendOneRow(*row).as_batch()
