"""Bytes over a socket, for what no decent client sends."""

import contextlib
import socket

from tests.stack import Stack

SECONDS = 15.0


def send(stack: Stack, *parts: bytes) -> bytes:
    """What the server answers before it closes the connection or its headers and body are there."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=SECONDS) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connection.sendall(part)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while not _complete(received) and (more := connection.recv(65_536)):
                received += more
        return received


def status(answer: bytes) -> int:
    """The status code of the first answer."""
    assert answer.startswith(b"HTTP/1."), answer[:100]
    return int(answer.split(b" ", 2)[1])


def head(method: str, path: str, **headers: str) -> bytes:
    """A request's first lines; `content_length` stands for `Content-Length`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _complete(received: bytes) -> bool:
    header, separator, body = received.partition(b"\r\n\r\n")
    for line in header.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return bool(separator) and len(body) >= int(line.partition(b":")[2])
    return bool(separator) and header.split(b" ", 2)[1] in (b"204", b"304")
