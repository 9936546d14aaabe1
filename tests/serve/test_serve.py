"""`muniment serve` with its real children: started, interrupted, killed, and started again."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.serve.test_preflight import clean

READY_SECONDS = 60.0


class Served:
    """One `muniment serve` after the other, over one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.output = data_dir.with_suffix(".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it says that it is ready; the seconds that took."""
        own = {
            "MUNIMENT_DATA_DIR": str(self.data_dir),
            "MUNIMENT_PORT": str(self.port),
            "MUNIMENT_WORKER_THREADS": "2",
        }
        began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli.main", "serve"],
                env=clean(os.environ) | own,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: "  logs  " in self.said(), READY_SECONDS, self.said)
        return time.monotonic() - began

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(35)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        """Every process that works for this data directory, but the parent."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def log_in(self) -> int:
        login = json.loads((self.data_dir / "demo-login.json").read_text())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(
            "POST",
            "/api/v1/auth/login",
            json.dumps({"email": login["email"], "password": login["password"]}),
            {"Content-Type": "application/json"},
        )
        return connection.getresponse().status

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if self.process is not None and process.pid == self.process.pid:
                return False
            words = " ".join(process.cmdline())
            inherited = process.environ().get("MUNIMENT_DATA_DIR")
            return str(self.data_dir) in words or inherited == str(self.data_dir)
        except psutil.Error:
            return False


def wait_until(
    so: Callable[[], bool], seconds: float, explain: Callable[[], object] = lambda: ""
) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


@pytest.fixture
def served(data_dir: Path) -> Iterator[Served]:
    made = Served(data_dir)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.interrupt(signal.SIGTERM)
    for process in made.family():
        process.kill()
    made.output.unlink(missing_ok=True)


def test_a_newcomer_is_told_all_that_is_needed_and_finds_it_again(served: Served) -> None:
    served.start()
    first = served.said()
    for part in (f"http://127.0.0.1:{served.port}", "/schema", "owner@demo.example"):
        assert part in first
    assert str(served.data_dir) in first
    assert served.log_in() == 200
    assert served.interrupt() == 0
    assert served.family() == []
    assert served.start() < 10  # under 5 on a machine that does nothing else
    assert served.log_in() == 200
    login = next(line for line in first.splitlines() if "demo login" in line)
    assert login in served.said()


def test_a_killed_parent_leaves_nothing_that_the_next_start_cannot_take_over(
    served: Served,
) -> None:
    served.start()
    served.kill()
    wait_until(lambda: not served.answers(), 15)
    served.start()
    assert served.log_in() == 200
    assert served.interrupt(signal.SIGTERM) == 0
    assert served.family() == []


def test_whatever_dies_is_started_again(served: Served) -> None:
    served.start()
    names = ("postgres", "valkey-server")
    engines = [process for process in served.family() if process.name() in names]
    children = [process for process in served.family() if process.name() not in names]
    for process in [*engines, *children]:
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
