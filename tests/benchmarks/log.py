"""How fast the log takes and gives events: `make bench-log`, `--large` for ten million events.

Every figure stands beside a reference of the same run, on the same embedded server with durable
settings: a plain INSERT of the same row by pgbench, and the stock recorder of the `eventsourcing`
library. Rounds are interleaved.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from infrastructure import database_url
from infrastructure.embedded.postgres import EmbeddedPostgres
from interfaces import provision
from tests.benchmarks import log_http, log_sql, log_stock, log_store
from tests.benchmarks.report import Report, percentile
from tests.servers import Database

ROUNDS = 5
SECONDS = 3.0
DATABASE = "bench"
APP_PASSWORD = "the-app-password-of-a-throw-away-server"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also at ten million events")
    large = parser.parse_args().large
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            provision.migrate_database(server.admin_url, DATABASE, app_password=APP_PASSWORD)
            admin_url = database_url.derive(server.admin_url, database=DATABASE)
            app_url = database_url.derive(admin_url, user=provision.APP_ROLE, password=APP_PASSWORD)
            report = Report("log")
            _appends(report, admin_url, app_url)
            _reads(report, app_url)
            database = Database(DATABASE, admin_url, app_url)
            log_http.rows(report, database, Path(folder), rounds=ROUNDS, seconds=SECONDS)
            _growth(report, server.admin_url, large=large)
            report.finish()
        finally:
            server.stop()
    return 0


def _appends(report: Report, admin_url: str, app_url: str) -> None:
    """Interleaved: each round measures every subject and every reference once."""
    plain, sql, chosen, shared, stock = [], [], [], [], []
    many: list[log_store.Round] = []
    one: list[log_store.Round] = []
    log_sql.prepare(admin_url)
    log_sql.fill(admin_url, 10_000)  # so that every tenant has a log to append to
    recorder = log_stock.Stock(admin_url)
    for _ in range(ROUNDS):
        plain.append(log_sql.run(admin_url, "plain", SECONDS))
        sql.append(_recorded(admin_url, app_url, "append", 1))
        chosen.append(_recorded(admin_url, app_url, "chosen", 1))
        shared.append(_recorded(admin_url, app_url, "shared", log_sql.SHARED_EVENTS))
        stock.append(recorder.run(SECONDS))
        many.append(log_store.run(app_url, tenants=50, seconds=SECONDS))
        one.append(log_store.run(app_url, tenants=1, seconds=SECONDS))
    recorder.close()
    inserted = ("plain INSERT, 16 clients", plain)
    saved = ("stock recorder, 8 threads", stock)
    report.add(
        "append in SQL, 16 clients, 200 tenants", sql, "events/s", target=0.6, reference=inserted
    )
    report.add("… of commands with a chosen id", chosen, "events/s", reference=inserted)
    name = f"append in SQL, {log_sql.SHARED_EVENTS} events of 12 tenants a call, 16 clients"
    report.add(name, shared, "events/s", reference=inserted)
    for name, rounds, target in (
        ("append, 100 callers, 50 tenants", many, 10.0),
        ("append, 100 callers, one tenant", one, 6.0),
    ):
        rates = [each.rate for each in rounds]
        report.add(name, rates, "events/s", target=target, reference=saved)
        slowest = [percentile(each.milliseconds, 0.99) for each in rounds]
        report.add(f"{name}, p99", slowest, "ms", target=50.0, direction="at most")


def _recorded(admin_url: str, app_url: str, script: log_sql.Script, events: int) -> float:
    """Events a second, by the calls that pgbench made, each of which recorded all of its events."""
    before = log_sql.positions(admin_url)
    rate = log_sql.run(app_url, script, SECONDS) * events
    recorded = log_sql.positions(admin_url) - before
    if recorded < 0.9 * rate * SECONDS:
        raise AssertionError(f"{recorded} events at {rate} a second")
    return rate


def _reads(report: Report, app_url: str) -> None:
    loads, reads = log_store.reading(app_url, events=1_000, log_events=50_000, rounds=ROUNDS)
    report.add("load a stream of 1,000 events", loads, "ms")
    report.add("read a log from position 1, decoded", reads, "events/s")


def _growth(report: Report, server_url: str, *, large: bool) -> None:
    """Interleaved too: each size in a database of its own."""
    sizes = [100_000, 1_000_000] + ([10_000_000] if large else [])
    urls = {size: _grown(server_url, size) for size in sizes}
    rates: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(ROUNDS + 1):
        for size, url in urls.items():
            rate = log_sql.run(url, "append", SECONDS)
            if number:  # the first warms up: pages are written whole after a checkpoint
                rates[size].append(rate)
    reference = (f"at {sizes[0]:,} events", rates[sizes[0]])
    for size in sizes[1:]:
        target = 0.8 if size == sizes[-1] and large else None
        name = f"append in SQL at {size:,} events"
        report.add(name, rates[size], "events/s", target=target, reference=reference)


def _grown(server_url: str, size: int) -> str:
    database = f"{DATABASE}_{size}"
    provision.migrate_database(server_url, database, app_password=APP_PASSWORD)
    admin_url = database_url.derive(server_url, database=database)
    log_sql.fill(admin_url, size)
    return admin_url


if __name__ == "__main__":
    sys.exit(main())
