"""Work goes on when workers are killed: done again, once effectively."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from domain.ids import TenantId
from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault
from projections.documents.pipeline_jobs import PipelineJobs
from tests import stack as stacks
from tests.projections_engine import histories
from tests.served import wait_until
from tests.servers import Database
from tests.stack import Account, Stack

BROKER_NUMBER = 13
DOCUMENTS = 8
TEXT = "Invoice {number} of the archive in Lyon is kept for ten years. " * 40


@pytest.fixture
def stack(database: Database, valkey_url: str, tmp_path: Path) -> Iterator[Stack]:
    broker_url = stacks.broker_of(valkey_url, BROKER_NUMBER)
    with stacks.running(database, broker_url, tmp_path) as running:
        yield running


def completed(stack: Stack, account: Account, document_id: str) -> Counter[str]:
    answer = stack.client.get(f"/api/v1/documents/{document_id}/history", headers=account.headers)
    return Counter(
        fact["data"]["stage"]
        for fact in answer.json()["items"]
        if fact["type"] == "document.stage_completed"
    )


def wait_for_leases(database: Database) -> None:
    """Until a job is in a worker's hands."""
    deadline = time.monotonic() + 20
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                "SELECT count(*) FROM work.jobs WHERE state = 'leased'"
            ).fetchone()
            if row and row[0]:
                return
    raise AssertionError("no job was taken")


def test_a_worker_killed_at_work_leaves_nothing_undone_or_done_twice(
    stack: Stack, database: Database
) -> None:
    account = stack.register()
    documents = [
        stack.add_text(account, f"Invoice {number}", TEXT.format(number=number))
        for number in range(DOCUMENTS)
    ]
    for _ in range(2):
        wait_for_leases(database)
        stack.kill("worker")
        stack.start(["worker"])
    for document_id in documents:
        assert stack.settled(account, document_id, seconds=90)["overall"] == "COMPLETED"
        assert set(completed(stack, account, document_id).values()) == {1}
        assert len(completed(stack, account, document_id)) == 5


def test_a_job_that_ended_its_worker_three_times_is_given_up(
    stack: Stack, database: Database
) -> None:
    account = stack.register()
    stack.kill("worker")
    document_id = stack.add_text(account, "Deadly", "This one ends every worker.")
    vault = Vault(MasterKeys(stack.environment["MUNIMENT_VAULT_KEY"]))
    tenant_id = TenantId(UUID(account.tenant_id))
    histories.run(database.app_url, tenant_id, [PipelineJobs()], vault=vault)
    # As three dead workers leave it: leased, three times tried, the lease run out.
    with psycopg.connect(database.admin_url) as connection:
        left = connection.execute(
            "UPDATE work.jobs SET state = 'leased', attempts = 3,"
            " lease_until = now() - interval '1 s'"
        ).rowcount
    assert left == 1
    stack.start(["worker"])
    status = stack.settled(account, document_id)
    assert status["overall"] == "FAILED"
    assert status["stages"]["INGESTION"]["reason"] == "worker_died"
    assert "retry" in status["stages"]["INGESTION"]["detail"]
    # A person retries it, and now it goes well.
    retry = f"/api/v1/documents/{document_id}/stages/INGESTION/retry"
    assert stack.client.post(retry, headers=account.headers).status_code == 202
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and status["overall"] != "COMPLETED":
        status = stack.settled(account, document_id)
        time.sleep(0.1)
    assert status["overall"] == "COMPLETED"


@pytest.mark.slow
def test_a_job_that_kills_its_worker_each_time_is_given_up_after_three(
    stack: Stack, database: Database
) -> None:
    account, other = stack.register(), stack.register()
    stack.kill("worker")
    document_id = stack.add_text(account, "Invoice", TEXT.format(number=1))
    with psycopg.connect(database.admin_url) as holding:
        # Whoever works on the document waits for its tenant's head, and dies there.
        holding.execute(
            "SELECT FROM log.heads WHERE tenant_id = %s FOR UPDATE", [account.tenant_id]
        )
        for attempt in (1, 2, 3):
            stack.start(["worker"])
            wait_until(partial(is_at, database, account, attempt), 60)
            stack.kill("worker")
    stack.start(["worker"])
    status = stack.settled(account, document_id, seconds=60)
    assert status["overall"] == "FAILED"
    assert status["stages"]["INGESTION"]["reason"] == "worker_died"
    assert attempts(database, account) == 4  # the fourth gave it up, and did nothing else
    assert jobs_in(database, account, "quarantined") == 1
    # The worker that gave it up is up, and works for others.
    assert stack.processes["worker"].poll() is None
    elsewhere = stack.add_text(other, "Invoice", TEXT.format(number=2))
    assert stack.settled(other, elsewhere)["overall"] == "COMPLETED"


def is_at(database: Database, account: Account, attempt: int) -> bool:
    return attempts(database, account) == attempt


def attempts(database: Database, account: Account) -> int:
    """How often the tenant's one job was taken in hand."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT max(attempts) FROM work.jobs WHERE tenant_id = %s AND argument = 'INGESTION'",
            [account.tenant_id],
        ).fetchone()
    return row[0] or 0 if row else 0


def jobs_in(database: Database, account: Account, state: str) -> int:
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM work.jobs WHERE tenant_id = %s AND state = %s",
            [account.tenant_id, state],
        ).fetchone()
    return row[0] if row else 0
