"""A wire between a program and PostgreSQL that can be cut at the worst moments."""

import contextlib
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

Fault = Literal["cut at the request", "cut at the answer", "swallow the answer to an append"]
SOCKET_NAME = ".s.PGSQL.{port}"
PIECE_BYTES = 65_536
APPENDS = (b"\0append\0", b"\0append_one\0", b"\0append_many\0")
"""How a request runs the prepared statement of an append: no portal's name, then its own."""
READY_FOR_QUERY = b"Z\x00\x00\x00\x05I"
"""What the server says when it takes requests: a connection is not cut before it is one."""


class Wire:
    """Passes bytes between a unix socket of its own and that of a server.

    `fault` is what happens next, once, to whichever connection is next in use: both its ends are
    cut before a request gets through, or when the answer comes, which the program then never sees.
    Or what the server says to an append vanishes, and so all that it says on that connection
    afterwards; nothing is cut.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        name = SOCKET_NAME.format(port=query.get("port", "5432"))
        self._server = str(Path(query["host"]) / name)
        self._folder = Path(tempfile.mkdtemp(prefix="wire-"))
        replaced = {**dict(parse_qsl(address.query)), "host": str(self._folder)}
        self.url = address._replace(query=urlencode(replaced)).geturl()
        self.fault: Fault | None = None
        self._lock = threading.Lock()
        self.struck = threading.Event()
        """Set once an answer did not get through."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._folder / name))
        self._listener.listen(64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        shutil.rmtree(self._folder, ignore_errors=True)

    def prepare(self, fault: Fault) -> None:
        """Have the fault happen next."""
        self.struck.clear()
        self.fault = fault

    def mend(self) -> None:
        """Pass everything again."""
        self.fault = None

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                far.connect(self._server)
            except OSError:  # the server is down, and so is the wire to it
                near.close()
                far.close()
                continue
            line = _Line(near, far)
            for passing in (self._pass_requests, self._pass_answers):
                threading.Thread(target=passing, args=(line,), daemon=True).start()

    def _pass_requests(self, line: "_Line") -> None:
        with contextlib.suppress(OSError):
            while piece := line.near.recv(PIECE_BYTES):
                if line.connected and self._strikes("cut at the request"):
                    break
                appends = any(name in piece for name in APPENDS)
                if appends and self._strikes("swallow the answer to an append"):
                    line.silent = True
                line.far.sendall(piece)
        line.cut()

    def _pass_answers(self, line: "_Line") -> None:
        with contextlib.suppress(OSError):
            while piece := line.far.recv(PIECE_BYTES):
                if line.silent:
                    self.struck.set()
                    continue
                if line.connected and self._strikes("cut at the answer"):
                    self.struck.set()
                    break
                line.near.sendall(piece)
                line.connected = line.connected or piece.endswith(READY_FOR_QUERY)
        line.cut()

    def _strikes(self, fault: Fault) -> bool:
        with self._lock:
            if self.fault != fault:
                return False
            self.fault = None
            return True


class _Line:
    """One connection, from the program's end to the server's."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near = near
        self.far = far
        self.connected = False
        self.silent = False

    def cut(self) -> None:
        for end in (self.near, self.far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
