"""A client that writes down what it was promised, and a check that every promise was kept."""

import asyncio
import contextlib
from collections.abc import Iterable
from uuid import UUID, uuid4

import psycopg
import psycopg_pool

from application.recorded import Append, Overloaded, Recorded
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import logs
from tests.vaults import VAULT

CALLERS = 16
LOST = (psycopg.OperationalError, psycopg_pool.PoolTimeout, Overloaded)


class Ledger:
    """What became of every command: its position, or None while nobody can tell."""

    def __init__(self, tenants: Iterable[TenantId]) -> None:
        self.tenants = list(tenants)
        self.entries: dict[UUID, tuple[TenantId, Append, Position | None]] = {}

    @property
    def acknowledged(self) -> int:
        return sum(position is not None for _, _, position in self.entries.values())

    def note(self, tenant: TenantId, command: Append, recorded: Recorded | None) -> None:
        position = recorded.position if recorded else None
        self.entries[command.command_id] = (tenant, command, position)

    async def write(self, app_url: str, seconds: float) -> None:
        """Append as fast as the log takes it, until the time is over or the server is gone."""
        async with contextlib.AsyncExitStack() as stack:
            database = Database(app_url)
            await database.open()
            stack.push_async_callback(database.close)
            store = PostgresEventStore(database, VAULT)
            end = asyncio.get_running_loop().time() + seconds

            async def caller(number: int) -> None:
                tenant = self.tenants[number % len(self.tenants)]
                while asyncio.get_running_loop().time() < end:
                    command = logs.command()
                    self.note(tenant, command, None)
                    try:
                        self.note(tenant, command, await store.append(tenant, command))
                    except LOST:
                        return

            await asyncio.gather(*(caller(number) for number in range(CALLERS)))

    async def settle(self, app_url: str) -> int:
        """Send every command of unknown outcome again under its id; how many there were."""
        database = Database(app_url)
        await database.open()
        try:
            store = PostgresEventStore(database, VAULT)
            unknown = [entry for entry in self.entries.values() if entry[2] is None]
            for tenant, command, _ in unknown:
                self.note(tenant, command, await store.append(tenant, command))
            return len(unknown)
        finally:
            await database.close()

    def broken_promises(self, admin_url: str) -> list[str]:
        """Acknowledged commands that the log does not hold once, just where it said."""
        with psycopg.connect(admin_url) as connection:
            rows = connection.execute(
                "SELECT command_id, tenant_id, position FROM log.events"
            ).fetchall()
        held: dict[UUID, list[tuple[UUID, int]]] = {}
        for command_id, tenant_id, position in rows:
            held.setdefault(command_id, []).append((tenant_id, position))
        broken = [
            f"{command_id}: promised {(tenant, position)}, held {held.get(command_id, [])}"
            for command_id, (tenant, _, position) in self.entries.items()
            if position is not None and held.get(command_id, []) != [(tenant, position)]
        ]
        strangers = held.keys() - self.entries.keys()
        return broken + [f"{command_id}: held, never sent" for command_id in strangers]


def new_ledger(tenants: int = 4) -> Ledger:
    return Ledger(TenantId(uuid4()) for _ in range(tenants))
