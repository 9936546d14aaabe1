"""PostgreSQL 18 with pgvector, run from its wheel: no TCP, no trust, no leftovers."""

import contextlib
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec
import psutil

from infrastructure.embedded import account, cluster, engine, errors, layout

_READY_SECONDS = 120.0
_RETRY_SECONDS = 15.0
# What a server says while the children of a killed predecessor are still going.
_PASSING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
# The first packet of PostgreSQL's protocol (SSLRequest); on a unix socket the answer is "N".
_DO_YOU_ENCRYPT = struct.pack("!ii", 8, 80877103)
_STATUS_LINE = 7
_SOCKET_LINE = 4


class _PidFile(msgspec.Struct, frozen=True):
    """What postmaster.pid says. It may be half written: then fields are missing."""

    pid: int | None = None
    socket_dir: str = ""
    status: str = ""


class EmbeddedPostgres:
    """The server of one data directory. One process at a time may use it (`serve` holds a lock).

    `durable=False` switches off fsync for throw-away data.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._places = layout.Layout(data_dir.resolve())
        self._durable = durable
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring the server up, initialising its data on first use; returns once it answers.

        A server that an earlier run left behind is taken over. After a crash the recovery may
        take long: it gets two minutes. Raises EmbeddedEngineError.
        """
        self._places.prepare()
        try:
            cluster.make(self._places, durable=self._durable)
            if not self._take_over():
                self._launch()
        except OSError as error:
            raise layout.unwritable(self._places.postgres, error) from error

    def stop(self, patience_seconds: float = 20.0) -> None:
        """Fast shutdown: open transactions are rolled back. Does nothing when nothing runs.

        When the patience ends before the last write to disk, the next start does the rest.
        """
        process = self._running() or engine.own(self._child)
        if process is not None:
            fast = (signal.SIGINT, patience_seconds)
            engine.end(process, (fast, (signal.SIGQUIT, 4.0), (signal.SIGKILL, 2.0)))
        if self._child is not None:
            self._child.wait()
            self._child = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        process = self._running()
        return process.pid if process else None

    @property
    def admin_url(self) -> str:
        """The superuser's address of the database `postgres`. Raises when it is not running."""
        found = self._pid_file()
        if self._running() is None or not found.socket_dir:
            raise errors.EmbeddedEngineError("PostgreSQL is not running")
        try:
            password = self._places.postgres_password.read_text().strip()
        except OSError as error:
            raise errors.EmbeddedEngineError(
                f"{self._places.postgres_password} is missing: the database cannot be opened"
            ) from error
        host = quote(found.socket_dir, safe="")
        return (
            f"postgresql://{cluster.SUPERUSER}:{password}@/postgres?host={host}&port={cluster.PORT}"
        )

    def _take_over(self) -> bool:
        """Wait for a left-over server. False when there is none or it was on its way out."""
        if self._running() is None:
            return False
        start_of_log = self._size_of_log()
        if self._wait(lambda: self._running() is not None):
            return True
        if self._running() is not None:
            raise self._failure(f"is not ready after {_READY_SECONDS:.0f} s", start_of_log)
        return False

    def _launch(self) -> None:
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            try:
                return self._attempt()
            except errors.EmbeddedEngineError as failure:
                passing = any(reason in str(failure) for reason in _PASSING)
                if not passing or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def _attempt(self) -> None:
        # A dead server's pid file goes: its number may meanwhile be another process's.
        (self._places.postgres / "postmaster.pid").unlink(missing_ok=True)
        cluster.configure(self._places, self._places.socket_dir(), durable=self._durable)
        program = cluster.programs() / "postgres"
        account.open_program(program.parents[1], account.borrowed())
        start_of_log = self._size_of_log()
        child = self._child = engine.spawn(
            [str(program), "-D", str(self._places.postgres)],
            directory=self._places.postgres,
            log=self._log,
        )
        if not self._wait(lambda: child.poll() is None):
            late = f"is not ready after {_READY_SECONDS:.0f} s"
            what = late if child.poll() is None else "does not start"
            raise self._failure(what, start_of_log)

    def _wait(self, alive: Callable[[], bool]) -> bool:
        return engine.wait(self._ready, alive=alive, seconds=_READY_SECONDS)

    def _ready(self) -> bool:
        """Whether the server calls itself ready and answers: its file may outlive it."""
        found = self._pid_file()
        if found.status != "ready":
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            with contextlib.suppress(OSError):
                connection.connect(f"{found.socket_dir}/.s.PGSQL.{cluster.PORT}")
                connection.sendall(_DO_YOU_ENCRYPT)
                return connection.recv(1) == b"N"
        return False

    def _running(self) -> psutil.Process | None:
        return engine.find(
            self._pid_file().pid, program="postgres", directory=self._places.postgres
        )

    def _pid_file(self) -> _PidFile:
        with contextlib.suppress(OSError, ValueError):
            lines = (self._places.postgres / "postmaster.pid").read_text().splitlines()
            padded = [line.strip() for line in lines] + [""] * (_STATUS_LINE + 1)
            return _PidFile(int(padded[0]), padded[_SOCKET_LINE], padded[_STATUS_LINE])
        return _PidFile()

    def _failure(self, what: str, start_of_log: int) -> errors.EmbeddedEngineError:
        reason = engine.last_words(self._log, start_of_log)
        return errors.EmbeddedEngineError(f"PostgreSQL {what}: {reason} (see {self._log})")

    def _size_of_log(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    @property
    def _log(self) -> Path:
        return self._places.log / "postgres.log"
