"""One thread a tenant, a turn for each, and nothing missed."""

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from interfaces.tenant_turns import TenantTurns


def nobody(_: UUID) -> None:
    raise AssertionError("no other turn is needed")


def test_a_tenant_is_run_by_one_thread_at_a_time_and_looked_at_after_the_last_message() -> None:
    tenant = uuid4()
    sent = 0
    seen = 0
    at_once: list[int] = []
    busy = threading.Semaphore(1)

    def run(_: UUID, _until: float) -> bool:
        nonlocal seen
        at_once.append(0 if busy.acquire(blocking=False) else 1)
        seen = sent
        time.sleep(0.002)
        busy.release()
        return False

    def again(tenant_id: UUID) -> None:
        turns.take(tenant_id)

    turns = TenantTurns(run, again, turn_seconds=0.005)
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

    def run(tenant_id: UUID, _until: float) -> bool:
        if tenant_id == slow:
            let_go.wait(10)
        else:
            ran.set()
        return False

    turns = TenantTurns(run, nobody)
    thread = threading.Thread(target=turns.take, args=(slow,))
    thread.start()
    turns.take(quick)
    assert ran.is_set()
    let_go.set()
    thread.join()


def test_with_one_thread_a_tenant_that_never_ends_leaves_every_other_its_turn() -> None:
    endless, single = uuid4(), uuid4()
    queue = deque([endless, endless, single])
    taken: list[UUID] = []

    def run(tenant_id: UUID, until: float) -> bool:
        taken.append(tenant_id)
        if tenant_id == endless:
            time.sleep(max(0.0, until - time.monotonic()))
        return tenant_id == endless

    turns = TenantTurns(run, queue.append, turn_seconds=0.01)
    for _ in range(6):
        turns.take(queue.popleft())
    assert taken.index(single) == 2
    assert set(queue) == {endless}


def test_a_tenant_that_is_asked_for_all_the_time_does_not_keep_its_thread() -> None:
    tenant = uuid4()
    later: list[UUID] = []

    def run(tenant_id: UUID, _until: float) -> bool:
        turns.take(tenant_id)  # somebody else's message, while this runs
        return False

    turns = TenantTurns(run, later.append, turn_seconds=0.02)
    began = time.monotonic()
    turns.take(tenant)
    assert time.monotonic() - began < 5
    assert later == [tenant]


def test_a_run_that_fails_leaves_the_tenant_free() -> None:
    tenant = uuid4()
    failures = [RuntimeError("once")]
    runs = 0

    def run(_: UUID, _until: float) -> bool:
        nonlocal runs
        runs += 1
        if failures:
            raise failures.pop()
        return False

    turns = TenantTurns(run, nobody)
    with pytest.raises(RuntimeError, match="once"):
        turns.take(tenant)
    turns.take(tenant)
    assert runs == 2
