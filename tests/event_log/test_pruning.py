"""Old idempotency keys and finished jobs go; nothing else does."""

import asyncio
from uuid import uuid4

import psycopg

from infrastructure import pruning
from infrastructure.database import Database as Connections
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.pruning import Pruned
from tests.event_log import logs
from tests.servers import Database


def prune(app_url: str) -> Pruned:
    async def run() -> Pruned:
        connections = Connections(app_url, size_max=1)
        await connections.open()
        try:
            return await pruning.prune(connections)
        finally:
            await connections.close()

    return asyncio.run(run())


def test_an_old_command_is_forgotten_and_a_young_one_is_not(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        for _ in range(3):
            await store.append(tenant, logs.command(fingerprint=b"f"))

    logs.with_store(database.app_url, body)
    assert prune(database.app_url) == Pruned(0, 0)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "UPDATE log.commands SET recorded_at = now() - interval '3 days'"
            " WHERE last_position < 3"
        )
    assert prune(database.app_url) == Pruned(2, 0)
    with psycopg.connect(database.admin_url) as connection:
        left = connection.execute("SELECT last_position FROM log.commands").fetchall()
        events = connection.execute("SELECT count(*) FROM log.events").fetchone()
    assert left == [(3,)]
    assert events == (3,)


def test_the_database_keeps_every_command_for_a_day_whatever_is_asked(
    database: Database,
) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        await store.append(tenant, logs.command(fingerprint=b"f"))

    logs.with_store(database.app_url, body)
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute("SELECT log.prune_commands(interval '0 s', 10)").fetchone()
    assert row == (0,)


def test_only_finished_jobs_are_forgotten(database: Database) -> None:
    with psycopg.connect(database.admin_url) as connection:
        for state in ("done", "waiting", "quarantined"):
            connection.execute(
                "INSERT INTO work.jobs (tenant_id, job_id, kind, stream_id, state, created_at)"
                " VALUES (%s, %s, 'x', %s, %s, now() - interval '8 days')",
                [uuid4(), uuid4(), uuid4(), state],
            )
    assert prune(database.app_url) == Pruned(0, 1)


def test_a_command_refused_at_once_leaves_no_head(database: Database) -> None:
    tenant = logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        refused = store.append(tenant, logs.command(expected=4))
        await asyncio.gather(refused, return_exceptions=True)
        several = [logs.command(expected=4) for _ in range(5)]
        results = (store.append(tenant, each) for each in several)
        await asyncio.gather(*results, return_exceptions=True)

    logs.with_store(database.app_url, body)
    with psycopg.connect(database.admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM log.heads").fetchone() == (0,)
