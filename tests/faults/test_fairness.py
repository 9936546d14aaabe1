"""A tenant with much to catch up on does not make another wait."""

import time
from pathlib import Path
from uuid import UUID

import psycopg

from domain.documents.events import KnowledgeBaseCreated
from domain.ids import TenantId
from infrastructure.event_log.store import PostgresEventStore
from tests import servers as run_servers
from tests import stack as stacks
from tests.api import Account
from tests.event_log import logs
from tests.stack import Stack

BACKLOG = 60_000
EVENTS_A_COMMAND = 500


async def fill(store: PostgresEventStore, tenant_id: TenantId) -> None:
    """A long history, of events that a read model takes one row each for."""
    for begin in range(0, BACKLOG, EVENTS_A_COMMAND):
        names = [f"Base {number}" for number in range(begin, begin + EVENTS_A_COMMAND)]
        events = [KnowledgeBaseCreated(name=name, description="x" * 200) for name in names]
        await store.append(tenant_id, logs.command(logs.stream(), 0, events=events))


def test_a_single_event_is_visible_within_a_second_beside_60_000_with_one_thread(
    servers: run_servers.Servers, tmp_path: Path
) -> None:
    broker_url = stacks.broker_of(servers.valkey_url, 5)
    settings = {"MUNIMENT_WORKER_THREADS": "1"}
    with (
        run_servers.fresh_database(servers) as database,
        stacks.running(database, broker_url, tmp_path, settings=settings) as stack,
    ):
        account, busy = stack.register(), stack.register()
        stack.kill("worker")
        tenant_id = TenantId(UUID(busy.tenant_id))
        logs.with_store(database.app_url, lambda store: fill(store, tenant_id))
        stack.start(["worker"])
        written_and_read(stack, account)  # the worker is at work now
        seconds = []
        while behind(database, tenant_id):
            seconds.append(written_and_read(stack, account))
        assert seconds, "the backlog was gone before anybody could wait for it"
        assert max(seconds) < 2.0


def written_and_read(stack: Stack, account: Account) -> float:
    """How many seconds after a write a read shows it."""
    began = time.monotonic()
    made = stack.client.post(
        "/api/v1/knowledge-bases", headers=account.headers, json={"name": "Contracts"}
    )
    waiting = {**account.headers, "X-Wait-For-Position": made.headers["x-event-position"]}
    one = f"/api/v1/knowledge-bases/{made.json()['id']}?wait_ms=20000"
    assert stack.client.get(one, headers=waiting).is_success
    return time.monotonic() - began


def behind(database: run_servers.Database, tenant_id: UUID) -> bool:
    """Whether some projection has not read the whole log of the tenant."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT min(c.position) < max(h.position) OR count(*) = 0"
            " FROM read.checkpoints c JOIN log.heads h USING (tenant_id) WHERE tenant_id = %s",
            [tenant_id],
        ).fetchone()
    return bool(row and row[0])
