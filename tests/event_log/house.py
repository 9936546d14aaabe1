"""Everything that a machine of appends works with, kept from one example to the next."""

import asyncio
from collections import Counter

import psycopg
from psycopg import sql

from infrastructure.database import Database as Connections
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import logs
from tests.servers import Database
from tests.vaults import VAULT
from tests.wire import Wire


class House:
    """The store under test, another one beside it, and what looks at the tables."""

    def __init__(self, database: Database, wire: Wire, runner: asyncio.Runner) -> None:
        self.wire = wire
        self.runner = runner
        self.counts: Counter[str] = Counter()
        self.admin = psycopg.connect(database.admin_url, autocommit=True)
        # Two tenants that want each other's claims are to be told soon.
        hasten = sql.SQL("ALTER DATABASE {} SET deadlock_timeout = '20ms'")
        self.admin.execute(hasten.format(sql.Identifier(database.name)))
        self.connections = Connections(wire.url, size_max=4)
        runner.run(self.connections.open())
        self.store = PostgresEventStore(self.connections, VAULT)
        self.elsewhere = PostgresEventStore(self.connections, VAULT)
        """As another process has it: it knows nothing of what waits in the first."""

    def connect(self) -> None:
        """Have the store connected, so that what breaks next breaks under an append."""

        async def body() -> None:
            await self.store.append(logs.tenant(), logs.command())
            await asyncio.gather(*self.store._outbox._lanes._opening)

        self.runner.run(body())

    def close(self) -> None:
        self.runner.run(self.connections.close())
        self.admin.close()
