"""How fast a log is exported for auditors: `make bench-export`, `--large` for three million events.

The embedded server with durable settings; logs as the append would have written them, one command
an event, sealed at every thousandth position. Reader and server share the machine. The reference is
`COPY` of the same rows to the same place, which neither makes JSON nor proves anything.
"""

import argparse
import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from infrastructure import database_url
from infrastructure.audit import formats
from infrastructure.audit.export import Asked, Export
from infrastructure.audit.pages import LogPages
from infrastructure.database import BatchDatabase
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault
from interfaces import provision
from tests.benchmarks import verify_logs
from tests.benchmarks.report import Report

ROUNDS = 5
EVENTS = 300_000
DATABASE = "bench"
APP_PASSWORD = "the-app-password-of-a-throw-away-server"
WANTED = 50_000.0
VAULT = Vault(MasterKeys("a text that wraps keys in benchmarks"))
COPY = "COPY (SELECT * FROM log.events WHERE tenant_id = {} ORDER BY position) TO STDOUT"
GROWTH = 0.9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also three million events")
    large = parser.parse_args().large
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            provision.migrate_database(server.admin_url, DATABASE, app_password=APP_PASSWORD)
            admin_url = database_url.derive(server.admin_url, database=DATABASE)
            app_url = database_url.derive(admin_url, user=provision.APP_ROLE, password=APP_PASSWORD)
            _measure(admin_url, app_url, large=large)
        finally:
            server.stop()
    return 0


def _measure(admin_url: str, app_url: str, *, large: bool) -> None:
    report = Report("export")
    sizes = [EVENTS // 10, EVENTS, *([EVENTS * 10] if large else [])]
    logs = {size: _filled(admin_url, size) for size in sizes}
    database = BatchDatabase(app_url, size_max=2)
    database.open()
    lines: dict[int, list[float]] = {size: [] for size in sizes}
    copied: dict[int, list[float]] = {size: [] for size in sizes}
    others: dict[str, list[float]] = {name: [] for name in formats.KINDS if name != "jsonl"}
    try:
        _export(database, logs[sizes[0]], "jsonl")  # a warm-up
        for _, size in itertools.product(range(ROUNDS), sizes):
            lines[size].append(_rate(size, lambda: _export(database, logs[size], "jsonl")))  # noqa: B023 - called at once
            copied[size].append(_rate(size, lambda: _copy(app_url, logs[size])))  # noqa: B023 - likewise
        for name in others:
            others[name] = [
                _rate(sizes[0], lambda: _export(database, logs[sizes[0]], name))  # noqa: B023 - likewise
                for _ in range(3)
            ]
    finally:
        database.close()
    for size in sizes:
        name = f"JSON Lines, a log of {size:,} events"
        report.add(name, lines[size], "events/s", target=WANTED)
        report.add(f"COPY of the same {size:,} rows", copied[size], "events/s")
    for smaller, larger in itertools.pairwise(sizes):
        report.add(
            f"growth: {larger:,} events against {smaller:,}",
            [more / less for more, less in zip(lines[larger], lines[smaller], strict=True)],
            "of the rate",
            target=GROWTH,
        )
    for name, samples in others.items():
        report.add(f"{name}, a log of {sizes[0]:,} events", samples, "events/s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.add("peak memory of the exporting process, filling included", [peak], "MiB")
    report.finish()


def _filled(admin_url: str, events: int) -> UUID:
    tenant = uuid4()
    verify_logs.fill(admin_url, tenant, events)
    return tenant


def _export(database: BatchDatabase, tenant: UUID, format_: str) -> int:
    pages = LogPages(database, tenant, VAULT)
    asked = Asked(
        tenant_id=tenant,
        format=format_,
        after=0,
        until=None,
        upto=pages.head().position,
        personal=False,
        by="bench",
    )
    export = Export(asked, pages, formats.writer(format_, tenant), verify_logs.KEY)
    octets = 0
    while (chunk := export.next_chunk()) is not None:
        octets += len(chunk)
    return octets


def _copy(app_url: str, tenant: UUID) -> int:
    octets = 0
    query = COPY.format(f"'{tenant}'").encode()
    with psycopg.connect(app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant)])
        with connection.cursor().copy(query) as copy:
            for chunk in copy:
                octets += len(chunk)
    return octets


def _rate(events: int, work: Callable[[], int]) -> float:
    began = time.perf_counter()
    work()
    return events / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
