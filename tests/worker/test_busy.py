"""Two processes that meet at one tenant leave nothing for the sweep."""

import threading
import time

import psycopg

from infrastructure.database import BatchDatabase
from interfaces import worker
from projections.documents.knowledge_base_list import KnowledgeBaseList
from projections.engine.runner import Runner
from tests.event_log import logs
from tests.projections_engine import histories
from tests.servers import Database
from tests.vaults import VAULT


def test_a_turn_waits_for_the_one_that_is_at_it_and_sees_what_that_missed(
    database: Database,
) -> None:
    tenant = logs.tenant()
    projection = KnowledgeBaseList()
    histories.write(database.app_url, tenant, [(logs.stream(), [logs.event()])])
    histories.run(database.app_url, tenant, [projection])
    histories.write(database.app_url, tenant, [(logs.stream(), [logs.event()])])
    batch = BatchDatabase(database.app_url)
    batch.open()
    other = psycopg.connect(database.admin_url)
    try:
        other.execute("SELECT FROM read.checkpoints FOR UPDATE")
        threading.Timer(0.3, other.close).start()
        runner = Runner(batch, [projection], VAULT)
        assert worker.taken_in(runner, tenant, time.monotonic() + 10).events == 1
    finally:
        batch.close()


def test_a_turn_ends_though_another_is_still_at_it(database: Database) -> None:
    tenant = logs.tenant()
    projection = KnowledgeBaseList()
    histories.write(database.app_url, tenant, [(logs.stream(), [logs.event()])])
    histories.run(database.app_url, tenant, [projection])
    histories.write(database.app_url, tenant, [(logs.stream(), [logs.event()])])
    batch = BatchDatabase(database.app_url)
    batch.open()
    try:
        with psycopg.connect(database.admin_url) as other:
            other.execute("SELECT FROM read.checkpoints FOR UPDATE")
            runner = Runner(batch, [projection], VAULT)
            done = worker.taken_in(runner, tenant, time.monotonic() + 0.1)
        assert (done.busy, done.events) == (True, 0)
    finally:
        batch.close()
