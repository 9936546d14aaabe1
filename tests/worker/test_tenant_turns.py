"""One thread a tenant, and nothing missed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from interfaces.tenant_turns import TenantTurns


def test_a_tenant_is_run_by_one_thread_at_a_time_and_looked_at_after_the_last_message() -> None:
    tenant = uuid4()
    sent = 0
    seen = 0
    at_once: list[int] = []
    busy = threading.Semaphore(1)

    def run(_: UUID) -> None:
        nonlocal seen
        at_once.append(0 if busy.acquire(blocking=False) else 1)
        seen = sent
        time.sleep(0.002)
        busy.release()

    turns = TenantTurns(run)
    lock = threading.Lock()

    def message(_: int) -> None:
        nonlocal sent
        with lock:
            sent += 1
        turns.take(tenant)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(message, range(200)))
    assert seen == 200
    assert not any(at_once)
    assert len(at_once) < 200


def test_another_tenant_does_not_wait() -> None:
    slow, quick = uuid4(), uuid4()
    let_go, ran = threading.Event(), threading.Event()

    def run(tenant_id: UUID) -> None:
        if tenant_id == slow:
            let_go.wait(10)
        else:
            ran.set()

    turns = TenantTurns(run)
    thread = threading.Thread(target=turns.take, args=(slow,))
    thread.start()
    turns.take(quick)
    assert ran.is_set()
    let_go.set()
    thread.join()


def test_a_run_that_fails_leaves_the_tenant_free() -> None:
    tenant = uuid4()
    failures = [RuntimeError("once")]
    runs = 0

    def run(_: UUID) -> None:
        nonlocal runs
        runs += 1
        if failures:
            raise failures.pop()

    turns = TenantTurns(run)
    with pytest.raises(RuntimeError, match="once"):
        turns.take(tenant)
    turns.take(tenant)
    assert runs == 2
