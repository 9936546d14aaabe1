"""`muniment serve` with its real children: started, interrupted, killed, and started again."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.served import Served, wait_until

READY_SECONDS = 60.0


@pytest.fixture
def served(data_dir: Path) -> Iterator[Served]:
    made = Served(data_dir, {"MUNIMENT_WORKER_THREADS": "2"})
    yield made
    if made.process is not None and made.process.poll() is None:
        made.interrupt(signal.SIGTERM)
    for process in made.family():
        process.kill()
    made.output.unlink(missing_ok=True)


def test_a_newcomer_is_told_all_that_is_needed_and_finds_it_again(served: Served) -> None:
    served.start()
    first = served.said()
    for part in (f"http://127.0.0.1:{served.port}", "/docs", "owner@demo.example"):
        assert part in first
    assert str(served.data_dir) in first
    assert served.log_in() == 200
    assert len(served.family()) >= 6  # two engines, two of web, a worker, the scheduler
    assert served.interrupt() == 0
    assert served.family() == []
    assert served.start() < 30  # under 5 on a machine that does nothing else
    assert served.log_in() == 200
    login = next(line for line in first.splitlines() if "demo login" in line)
    assert login in served.said()


@pytest.mark.slow  # its short form is among the tests from end to end
def test_a_killed_parent_leaves_nothing_that_the_next_start_cannot_take_over(
    served: Served,
) -> None:
    served.start()
    served.kill()
    wait_until(lambda: not served.answers(), 30)
    served.start()
    assert served.log_in() == 200
    assert served.interrupt(signal.SIGTERM) == 0
    assert served.family() == []


def test_whatever_dies_is_started_again(served: Served) -> None:
    served.start()
    family = served.family()
    names = {process.name() for process in family}
    assert names >= {"postgres", "valkey-server"}
    assert len(family) >= 6
    for process in family:
        if psutil.pid_exists(process.pid):
            process.kill()
    wait_until(lambda: "web ended" in served.said(), 10, served.said)
    wait_until(served.answers, 40, served.said)
    assert served.log_in() == 200
    assert served.interrupt() == 0


def test_a_second_interrupt_is_obeyed_at_once(served: Served) -> None:
    served.start()
    web = next(process for process in served.family() if "web" in process.cmdline())
    web.suspend()  # it cannot obey the first one
    assert served.process is not None
    served.process.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping" in served.said(), 5, served.said)
    began = time.monotonic()
    assert served.interrupt() == 0
    assert time.monotonic() - began < 5
    assert served.family() == []
