"""Messages are hints: lost, doubled, late or forged, they change nothing but latency."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import dramatiq
import psycopg
import pytest
from dramatiq.brokers.redis import RedisBroker

from infrastructure import messages
from infrastructure.embedded.valkey import EmbeddedValkey
from infrastructure.messages import JOBS, PROJECT, PROJECTIONS, RUN_JOB
from tests import servers as run_servers
from tests import stack as stacks
from tests.api import Account
from tests.platform.test_pausing import BASES, read, write
from tests.served import wait_until
from tests.servers import Database
from tests.stack import Stack

VISIBLE_SECONDS = 8.0
"""A sweep finds what was lost within two seconds; the machine may be busy."""


@pytest.fixture(scope="module")
def own(
    servers: run_servers.Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, EmbeddedValkey, RedisBroker]]:
    """Processes with a Valkey of their own, which may be emptied and stopped."""
    valkey = EmbeddedValkey(tmp_path_factory.mktemp("valkey"), durable=False)
    valkey.start()
    try:
        with (
            run_servers.fresh_database(servers) as database,
            stacks.running(database, valkey.url, tmp_path_factory.mktemp("own")) as stack,
        ):
            yield stack, valkey, messages.broker(valkey.url)
    finally:
        valkey.stop()


@pytest.fixture
def stack(own: tuple[Stack, EmbeddedValkey, RedisBroker]) -> Iterator[Stack]:
    yield own[0]
    own[0].start([name for name in ("worker", "scheduler") if name not in own[0].processes])


@pytest.fixture
def broker(own: tuple[Stack, EmbeddedValkey, RedisBroker]) -> RedisBroker:
    return own[2]


def message(queue: str, actor: str, *args: Any) -> dramatiq.Message[None]:
    return dramatiq.Message(queue_name=queue, actor_name=actor, args=args, kwargs={}, options={})


def seconds_until_read(stack: Stack, waiting: dict[str, str]) -> float:
    began = time.monotonic()
    assert read(stack, waiting).is_success
    return time.monotonic() - began


def same_as_replayed(stack: Stack) -> None:
    """Every read model is what the log says."""
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "interfaces.cli.main",
            "projections",
            "diff",
            "--all",
            "--processes",
            "1",
        ],
        cwd=Path(__file__).parents[2],
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def keep_still(stack: Stack, names: Sequence[str] = ("worker", "scheduler")) -> None:
    for name in names:
        stack.kill(name)


def test_a_lost_message_costs_a_sweep(stack: Stack, broker: RedisBroker) -> None:
    account = stack.register()
    keep_still(stack)
    waiting = write(stack, account)
    time.sleep(0.5)  # until the message that is to be lost is there
    broker.client.flushall()
    stack.start(["worker"])
    time.sleep(1)
    assert read(stack, waiting, wait_ms=0).status_code == 503  # nobody has told the worker
    stack.start(["scheduler"])
    assert seconds_until_read(stack, waiting) < VISIBLE_SECONDS + 5  # it has to start, too


def test_messages_doubled_reordered_and_delayed_leave_what_a_replay_would(
    stack: Stack, broker: RedisBroker
) -> None:
    accounts = [stack.register() for _ in range(3)]
    keep_still(stack)
    waiting = [write(stack, account) for account in accounts for _ in range(4)]
    tickets = [broker.client.get(f"muniment:ticket:{each.tenant_id}") for each in accounts]
    broker.client.flushall()
    late = [
        message(PROJECTIONS, PROJECT, account.tenant_id, str(ticket, "ascii"))
        for _ in range(20)
        for account, ticket in zip(reversed(accounts), reversed(tickets), strict=True)
        if isinstance(ticket, bytes)
    ]
    assert len(late) == 60
    stack.start(["worker", "scheduler"])
    for headers in waiting:
        assert read(stack, headers).is_success
    more = [write(stack, account) for account in accounts]
    for each in late:
        broker.enqueue(each)
    for account, headers in zip(accounts, more, strict=True):
        assert len(read(stack, headers).json()["items"]) == 5
        assert account.tenant_id
    same_as_replayed(stack)


def test_flushing_valkey_under_load_loses_nothing(stack: Stack, broker: RedisBroker) -> None:
    account = stack.register()
    waiting: dict[str, str] = {}
    slowest = 0.0
    for number in range(30):
        waiting = write(stack, account)
        if number % 3 == 0:
            broker.client.flushall()
        if number % 10 == 9:
            slowest = max(slowest, seconds_until_read(stack, waiting))
    assert slowest < VISIBLE_SECONDS
    listed = stack.client.get(f"{BASES}?limit=200", headers=waiting).json()["items"]
    assert len(listed) == 30
    same_as_replayed(stack)


def test_a_restarted_valkey_costs_its_absence(
    own: tuple[Stack, EmbeddedValkey, RedisBroker],
) -> None:
    stack, valkey, _ = own
    account = stack.register()
    valkey.stop()
    waiting = write(stack, account)  # a write doesn't wait for messages
    time.sleep(1)
    valkey.start()
    assert seconds_until_read(stack, waiting) < 20
    assert seconds_until_read(stack, write(stack, account)) < VISIBLE_SECONDS
    same_as_replayed(stack)


@pytest.mark.parametrize("args", [
    ("not-an-id", "x"), (7, "x"), (None, None), ("' OR 1=1 --", "x"), (), ([],),
    ("\x00\n[error] forged", "x"),
], ids=str)  # fmt: skip
def test_a_forged_wake_up_is_refused_and_logged(
    stack: Stack, broker: RedisBroker, args: tuple[Any, ...]
) -> None:
    account = stack.register()
    before = len(stack.log("worker"))
    broker.enqueue(message(PROJECTIONS, PROJECT, *args))
    wait_until(lambda: refused_in(stack.log("worker")[before:]), 10, lambda: stack.log("worker"))
    assert "\n[error] forged" not in stack.log("worker")
    assert seconds_until_read(stack, write(stack, account)) < VISIBLE_SECONDS


def test_a_wake_up_for_a_tenant_that_never_was_is_refused_and_logged(
    stack: Stack, broker: RedisBroker
) -> None:
    before = len(stack.log("worker"))
    messages.Messages(broker).project([uuid4()])
    wait_until(lambda: "there is no such tenant" in stack.log("worker")[before:], 10)


def refused_since(stack: Stack, characters: int) -> bool:
    return "job.refused" in stack.log("worker")[characters:]


def refused_in(log: str) -> bool:
    return "refused" in log or "Failed to process message" in log


def test_a_job_is_its_own_tenants_and_no_others(stack: Stack, broker: RedisBroker) -> None:
    account, stranger = stack.register(), stack.register()
    document = stack.add_text(account, "Retention", "Invoices are kept for ten years.")
    stack.settled(account, document)
    (job, *_) = jobs_of(stack.database, account)
    forged = [
        (stranger.tenant_id, str(job)), (account.tenant_id, str(uuid4())), (str(uuid4()), str(job)),
        ("nobody", str(job)), (account.tenant_id, "none"), (7, 8), (str(job), account.tenant_id),
    ]  # fmt: skip
    for args in forged:
        before = len(stack.log("worker"))
        broker.enqueue(message(JOBS, RUN_JOB, *args))
        wait_until(partial(refused_since, stack, before), 10)
    assert jobs_of(stack.database, stranger) == []
    assert stack.settled(account, document)["overall"] == "COMPLETED"


def test_a_job_about_what_is_not_its_tenants_ends_and_touches_nothing(
    stack: Stack, broker: RedisBroker
) -> None:
    victim, stranger = stack.register(), stack.register()
    document = stack.add_text(victim, "Retention", "Invoices are kept for ten years.")
    stack.settled(victim, document)
    address = f"/api/v1/documents/{document}/history"
    before = stack.client.get(address, headers=victim.headers).json()
    stage = "documents.run_stage"
    asked = [(stage, "INGESTION"), (stage, "NO_STAGE"), ("rm -rf", "/")]
    planted = []
    for (kind, argument), stream in product(asked, (document, victim.user_id, stranger.user_id)):
        planted.append(uuid4())
        with psycopg.connect(stack.database.admin_url) as connection:
            connection.execute(
                "INSERT INTO work.jobs (tenant_id, job_id, kind, stream_id, argument)"
                " VALUES (%s, %s, %s, %s, %s)",
                [stranger.tenant_id, planted[-1], kind, stream, argument],
            )
        broker.enqueue(message(JOBS, RUN_JOB, stranger.tenant_id, str(planted[-1])))
    wait_until(lambda: ended(stack.database, planted), 60, lambda: stack.log("worker")[-3000:])
    assert stack.client.get(address, headers=victim.headers).json() == before
    assert seconds_until_read(stack, write(stack, stranger)) < VISIBLE_SECONDS


def jobs_of(database: Database, account: Account) -> list[UUID]:
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT job_id FROM work.jobs WHERE tenant_id = %s", [account.tenant_id]
        ).fetchall()
    return [row[0] for row in rows]


def ended(database: Database, jobs: Sequence[UUID]) -> bool:
    """Whether each is done or given up."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM work.jobs WHERE job_id = ANY (%s)"
            " AND state IN ('done', 'quarantined')",
            [list(jobs)],
        ).fetchone()
    return row == (len(jobs),)
