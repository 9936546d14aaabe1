"""How soon a caller reads what it wrote, while 50 or 200 commands a second come in over HTTP.

Each command makes a watchlist; the read that follows it waits for its position. What is counted is
the time from the command's answer to the read's, beside that of a read that waits for nothing.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import uvloop

from tests.api import Account
from tests.benchmarks.report import Report, percentile
from tests.served import Served

RATES = (50, 200)
"""Commands a second: the lower leaves two cores something to spare, the higher is wanted."""
SECONDS = 5.0
TENANTS = 20
CONNECTIONS = 64
READ_EVERY = 10
WAIT_MS = 5_000
TARGET_MS = 100.0


class Round(NamedTuple):
    """Commands a second, and milliseconds until each was seen, and of reads that don't wait."""

    rate: float
    visible: list[float]
    reads: list[float]


def rows(report: Report, *, rounds: int) -> None:
    """Measure and report, with everything that `muniment serve` starts."""
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        served = Served(Path(folder) / "data", {"MUNIMENT_LIMITS": "off"})
        try:
            served.start()
            accounts = [served.register() for _ in range(TENANTS)]
            uvloop.run(_round(served.port, accounts, RATES[0], 1.0))  # warm from here on
            made = {
                wanted: [
                    uvloop.run(_round(served.port, accounts, wanted, SECONDS))
                    for _ in range(rounds)
                ]
                for wanted in RATES
            }
        finally:
            if served.process is not None and served.process.poll() is None:
                served.interrupt()
    for wanted, found in made.items():
        _add(report, wanted, found)


def _add(report: Report, wanted: int, made: list[Round]) -> None:
    report.add(f"{wanted} commands/s over HTTP", [each.rate for each in made], "commands/s")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        judged = wanted == RATES[-1] and name == "p99"
        report.add(
            f"… answered until read, {name}",
            [percentile(each.visible, share) for each in made],
            "ms",
            target=TARGET_MS if judged else None,
            direction="at most",
        )
        reads = [percentile(each.reads, share) for each in made]
        report.add(f"… a read that waits for nothing, {name}", reads, "ms")


async def _round(port: int, accounts: list[Account], wanted: int, seconds: float) -> Round:
    """Commands begin when the clock says so, whatever became of those before."""
    connections: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        connections.put_nowait(await _Connection.open(port))
    visible: list[float] = []
    reads: list[float] = []

    async def one(number: int) -> None:
        connection = await connections.get()
        try:
            token = accounts[number % len(accounts)].headers["Authorization"]
            body = json.dumps({"name": f"Watchlist {number}"}).encode()
            head = await connection.ask("POST /api/v1/watchlists", token, b"201", body)
            recorded = time.perf_counter()
            position = _header(head, b"x-event-position")
            path = f"GET /api/v1/watchlists?limit=1&wait_ms={WAIT_MS}"
            await connection.ask(path, token, b"200", position=position)
            seen = time.perf_counter()
            visible.append((seen - recorded) * 1000)
            if number % READ_EVERY == 0:
                seen = time.perf_counter()
                await connection.ask("GET /api/v1/watchlists?limit=1", token, b"200")
                reads.append((time.perf_counter() - seen) * 1000)
        finally:
            connections.put_nowait(connection)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(round(wanted * seconds)):
            await asyncio.sleep(began + number / wanted - time.perf_counter())
            group.create_task(one(number))
    lasted = time.perf_counter() - began
    while not connections.empty():
        connections.get_nowait().close()
    return Round(len(visible) / lasted, visible, reads)


class _Connection:
    """One connection kept alive: bytes over a socket, so that the client takes next to nothing."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "_Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(
        self, line: str, token: str, status: bytes, body: bytes = b"", position: str = ""
    ) -> bytes:
        """Send a request and read its answer; the head of it."""
        wait = f"X-Wait-For-Position: {position}\r\n" if position else ""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        who = f"Host: 127.0.0.1\r\nAuthorization: {token}\r\n"
        self._writer.write(f"{line} HTTP/1.1\r\n{who}{wait}{kind}\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(int(_header(head, b"content-length")))
        if head.split(b" ", 2)[1] != status:
            raise RuntimeError(head.decode())
        return head

    def close(self) -> None:
        self._writer.close()


def _header(head: bytes, name: bytes) -> str:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().decode()
    raise RuntimeError(f"no {name.decode()}: {head.decode()}")
