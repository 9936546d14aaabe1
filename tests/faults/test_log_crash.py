"""PostgreSQL is killed under load: nothing that was acknowledged is lost or doubled."""

import asyncio
import random

import psycopg
import pytest

from infrastructure.embedded.postgres import EmbeddedPostgres
from tests.faults import kills, ledgers
from tests.faults.ledgers import Ledger
from tests.servers import Database

SECONDS = 1.5


async def write_until_killed(ledger: Ledger, log: Database, server: EmbeddedPostgres) -> None:
    writing = asyncio.create_task(ledger.write(log.app_url, SECONDS))
    await asyncio.sleep(random.uniform(0.3, 0.8))  # noqa: S311 - any moment will do
    kills.server(server)
    await writing


def crash(rounds: int, server: EmbeddedPostgres, log: Database) -> Ledger:
    """Write and kill, again and again; the ledger with every outcome settled."""
    ledger = ledgers.new_ledger()
    for _ in range(rounds):
        asyncio.run(write_until_killed(ledger, log, server))
        server.start()
        assert ledger.broken_promises(log.admin_url) == []
        asyncio.run(ledger.settle(log.app_url))
    assert ledger.broken_promises(log.admin_url) == []
    return ledger


def gapless(admin_url: str) -> bool:
    with psycopg.connect(admin_url) as connection:
        row = connection.execute(
            "SELECT bool_and(e.count = h.position AND e.last = h.position) FROM log.heads h"
            " JOIN (SELECT tenant_id, count(*), max(position) AS last FROM log.events"
            "        GROUP BY tenant_id) e USING (tenant_id)"
        ).fetchone()
    return row == (True,)


def test_a_killed_server_keeps_what_it_acknowledged(
    durable_postgres: EmbeddedPostgres, log: Database
) -> None:
    ledger = crash(3, durable_postgres, log)
    assert ledger.acknowledged > 50
    assert gapless(log.admin_url)


@pytest.mark.slow
def test_fifty_kills_lose_nothing(durable_postgres: EmbeddedPostgres, log: Database) -> None:
    ledger = crash(50, durable_postgres, log)
    assert ledger.acknowledged > 1_000
    assert gapless(log.admin_url)


def test_the_ledger_notices_one_lost_event(log: Database) -> None:
    """The control: had an acknowledged event been lost, these tests would have said so."""
    ledger = ledgers.new_ledger(tenants=1)
    asyncio.run(ledger.write(log.app_url, 0.5))
    assert ledger.broken_promises(log.admin_url) == []
    with psycopg.connect(log.admin_url) as connection:
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER events_never_change")
        connection.execute(
            "DELETE FROM log.events WHERE position = (SELECT max(position) FROM log.events)"
        )
    assert len(ledger.broken_promises(log.admin_url)) == 1
