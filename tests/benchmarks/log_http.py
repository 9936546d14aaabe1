"""Adding short documents over HTTP, beside a route that does nothing, with the same client.

The client is one process: 100 connections kept alive, bytes over sockets, no HTTP library.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import uvloop

from infrastructure.embedded.valkey import EmbeddedValkey
from tests import stack as stacks
from tests.api import Account
from tests.benchmarks.report import Report, percentile
from tests.http import archives
from tests.servers import Database

CONNECTIONS = 100
TARGET_MS = 200.0
TEXT = "Invoices are kept for ten years. Letters are kept for six."
INSTALLATIONS = {
    "web alone": ["web"],
    "web, worker and scheduler": ["web", "worker", "scheduler"],
}
SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


class Round(msgspec.Struct, frozen=True):
    """Requests a second, how long each took, and the share of a core that the client used."""

    rate: float
    milliseconds: list[float]
    client_cores: float


def rows(report: Report, database: Database, folder: Path, *, rounds: int, seconds: float) -> None:
    """Measure and report, with servers of its own over a migrated database."""
    valkey = EmbeddedValkey(folder)
    valkey.start()
    try:
        for number, (installation, names) in enumerate(INSTALLATIONS.items()):
            place = folder / f"installation-{number}"
            place.mkdir()
            broker_url = stacks.broker_of(valkey.url, number)
            settings = {"MUNIMENT_LIMITS": "off"}
            with stacks.running(
                database, broker_url, place, names=names, settings=settings
            ) as stack:
                account = archives.registered_alone(stack)
                idle, adding = _interleaved(stack.port, account, rounds, seconds)
            _report(report, installation, idle, adding)
    finally:
        valkey.stop()


def _interleaved(
    port: int, account: Account, rounds: int, seconds: float
) -> tuple[list[Round], list[Round]]:
    live = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    authorization = account.headers["Authorization"]
    idle, adding = [], []
    for number in range(rounds + 1):  # the first warms up, and does not count

        def document(count: int, number: int = number) -> bytes:
            title = f"Document {number}.{count}"
            body = json.dumps({"title": title, "text": f"{title}. {TEXT}"}).encode()
            return (
                f"POST /api/v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: {authorization}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode() + body

        idle.append(uvloop.run(_round(port, lambda _: live, b"200", seconds)))
        adding.append(uvloop.run(_round(port, document, b"202", seconds)))
    return idle[1:], adding[1:]


async def _round(
    port: int, request: Callable[[int], bytes], status: bytes, seconds: float
) -> Round:
    """Every connection asks again as soon as it has its answer."""
    took: list[float] = []
    began, used = time.perf_counter(), time.process_time()

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = number
        while time.perf_counter() - began < seconds:
            start = time.perf_counter()
            writer.write(request(count))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            took.append((time.perf_counter() - start) * 1000)
            if head.split(b" ", 2)[1] != status:
                raise RuntimeError(head.decode())
            count += CONNECTIONS
        writer.close()

    await asyncio.gather(*(connection(number) for number in range(CONNECTIONS)))
    lasted = time.perf_counter() - began
    return Round(len(took) / lasted, took, (time.process_time() - used) / lasted)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"an answer without its length: {head.decode()}")


def _report(
    report: Report, installation: str, idle: Sequence[Round], adding: Sequence[Round]
) -> None:
    """Times are for themselves, their reference stands in rows of its own: a ratio of the two
    would be judged instead."""
    for name, rounds in (("GET /health/live", idle), ("POST /documents", adding)):
        what = f"{name}, {CONNECTIONS} connections, {installation}"
        for label, share in SHARES.items():
            judged = name.startswith("POST") and label == "p95"
            report.add(
                f"{what}, {label}",
                [percentile(each.milliseconds, share) for each in rounds],
                "ms",
                target=TARGET_MS if judged else None,
                direction="at most",
            )
        report.add(f"{what}, rate", [each.rate for each in rounds], "requests/s")
        used = [each.client_cores for each in rounds]
        report.add(f"{what}, client", used, "cores")
