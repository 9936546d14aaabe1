"""What must be so before anything is started, each refused with one line."""

import errno
import fcntl
import socket
from pathlib import Path
from typing import TextIO


class CannotStart(Exception):  # noqa: N818 - named for what it means to the caller
    """Something outside Muniment is in the way."""


class DataLock:
    """The exclusive right to a data directory; the system gives it back when this process dies."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: TextIO | None = None

    def take(self) -> None:
        """Raises CannotStart when another process has it."""
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise CannotStart(
                f"another muniment process is using {self._path.parent}: stop it, "
                "or set MUNIMENT_DATA_DIR"
            ) from error
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def port_is_free(host: str, port: int) -> None:
    """Raises CannotStart when nothing could listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise CannotStart("MUNIMENT_HOST is not a name this machine knows") from error
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"port {port} is taken: stop what uses it, or set MUNIMENT_PORT",
            errno.EACCES: f"port {port} is not for ordinary users: set MUNIMENT_PORT above 1023",
            errno.EADDRNOTAVAIL: "MUNIMENT_HOST is not an address of this machine",
        }
        reason = reasons.get(error.errno or 0, f"port {port} cannot be used: {error.strerror}")
        raise CannotStart(reason) from error
