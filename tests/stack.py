"""Muniment's own processes against a database of their own: real HTTP, real workers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from tests.api import Account, Api
from tests.servers import Database

__all__ = ["Account", "Stack", "broker_of", "running"]

START_SECONDS = 60.0
SECRET = "a-secret-of-a-throw-away-stack-0123456789"

ADMIN_TOKEN = f"admin-{SECRET}"


class Stack(Api):
    """Child processes `muniment <name>` that share a database, a broker and a blob folder."""

    def __init__(
        self,
        database: Database,
        broker_url: str,
        folder: Path,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.database = database
        self.folder = folder
        self.port = _free_port()
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "DATABASE_URL": database.app_url,
            "REDIS_URL": broker_url,
            "MUNIMENT_ENVIRONMENT": "test",
            "MUNIMENT_DATA_DIR": str(folder),
            "MUNIMENT_PORT": str(self.port),
            "MUNIMENT_JWT_SECRET": f"jwt-{SECRET}",
            "MUNIMENT_PASSWORD_PEPPER": f"pepper-{SECRET}",
            "MUNIMENT_LOOKUP_KEY": f"lookup-{SECRET}",
            "MUNIMENT_VAULT_KEY": f"vault-{SECRET}",
            "MUNIMENT_ADMIN_TOKEN": ADMIN_TOKEN,
            "MUNIMENT_BCRYPT_COST": "4",
            "MUNIMENT_SWEEP_SECONDS_MAX": "3600",  # some tests stop the scheduler
            **(settings or {}),
        }

    @property
    def administrator(self) -> dict[str, str]:
        """The headers of the platform's administrators."""
        return {"Authorization": f"Bearer {ADMIN_TOKEN}"}

    def start(self, names: Sequence[str] = ("web", "worker", "scheduler")) -> None:
        """Start the processes and wait until the web answers and the worker works."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli.main", name.partition("-")[0]],
                cwd=Path(__file__).parents[1],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            log.close()
        if "web" in names:
            self._wait_until_ready()
        if "worker" in names:
            self._wait_until_working()

    def stop(self) -> None:
        """End every process, the stubborn ones by force."""
        for process in self.processes.values():
            process.terminate()
        for name in list(self.processes):
            try:
                self.processes[name].wait(15)
            except subprocess.TimeoutExpired:
                pass
            finally:
                self.kill(name)
        self.client.close()

    def kill(self, name: str) -> None:
        """`kill -9` for one process and all its children."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def log(self, name: str) -> str:
        """What a process wrote so far."""
        return (self.folder / f"{name}.log").read_text()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx2.HTTPError):
                if self.client.get("/health/ready").status_code == 200:
                    return
            if self.processes["web"].poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the web process is not ready:\n{self.log('web')}")

    def _wait_until_working(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.processes["worker"].poll() is None:
            if "worker.ready" in self.log("worker"):
                return
            time.sleep(0.05)
        raise AssertionError(f"the worker is not ready:\n{self.log('worker')}")


@contextlib.contextmanager
def running(
    database: Database,
    broker_url: str,
    folder: Path,
    *,
    names: Sequence[str] = ("web", "worker", "scheduler"),
    settings: dict[str, str] | None = None,
) -> Iterator[Stack]:
    """A stack for the length of a `with` block."""
    stack = Stack(database, broker_url, folder, settings)
    try:
        stack.start(names)
        yield stack
    finally:
        stack.stop()


def broker_of(valkey_url: str, number: int) -> str:
    """The address of one of Valkey's numbered databases: a queue of one's own."""
    address = urlsplit(valkey_url)
    query = {**dict(parse_qsl(address.query)), "db": str(number)}
    return address._replace(query=urlencode(query)).geturl()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
