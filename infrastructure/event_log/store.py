"""The asynchronous event store: commands that arrive together travel together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from application.recorded import Append, Overloaded, Recorded, RecordedEvent
from domain.ids import CommandId, Position, StreamId, TenantId, Version
from infrastructure.database import Database
from infrastructure.event_log import enclosing, rows
from infrastructure.event_log.outbox import Outbox
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS, Vault

SQL = Queries(__package__, "log.sql")

WAITING_COMMANDS_MAX = 10_000
DEADLINE_SECONDS = 10.0


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
    """Implements `EventStore` over `log.append` and its shorter forms."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        recorded: Callable[[TenantId], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._outbox = Outbox(database, recorded)

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
        if self._outbox.count >= WAITING_COMMANDS_MAX:
            raise Overloaded
        if persons := enclosing.persons(command):
            keys = await self._vault.ensure(self._database, tenant_id, persons)
            command = enclosing.enclosed(tenant_id, command, keys)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await self._outbox.put(tenant_id, command)
        except TimeoutError as late:
            raise Overloaded from late

    async def drain(self) -> None:
        """Wait until every command taken so far has its answer."""
        await self._outbox.drain()
