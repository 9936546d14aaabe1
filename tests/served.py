"""`muniment serve` as a child process, with a data directory and a port of its own."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from tests.api import Api

READY_SECONDS = 150.0


class Served(Api):
    """One `muniment serve` after the other, over one data directory."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._settings = dict(settings or {})
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.output = data_dir.with_suffix(".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it says that it is ready; the seconds that took."""
        own = {"MUNIMENT_DATA_DIR": str(self.data_dir), "MUNIMENT_PORT": str(self.port)}
        began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli.main", "serve"],
                env=environment(**own, **self._settings),
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
        ours = [process for process in psutil.process_iter() if self._is_ours(process)]
        found = {process.pid: process for process in ours}
        for process in ours:
            with contextlib.suppress(psutil.Error):
                found |= {child.pid: child for child in process.children(recursive=True)}
        return list(found.values())

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
    so: Callable[[], bool], seconds: float = 10.0, explain: Callable[[], object] = lambda: ""
) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def environment(**own: str) -> dict[str, str]:
    """The environment of a process that shall see these settings and no others."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MUNIMENT_") and name not in {"DATABASE_URL", "REDIS_URL"}
    }
    return kept | own
