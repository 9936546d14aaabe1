"""How fast logs are verified, exported and imported: `make bench-verify`, `--large` for 3 million.

The embedded server with durable settings; logs as the append would have written them, one command
an event, sealed at every thousandth position.
"""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from infrastructure import database_url
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.event_log import log_file_verify, snapshot
from infrastructure.event_log.exporter import Exporter
from infrastructure.event_log.importer import Importer
from infrastructure.event_log.seals import KeyRing
from infrastructure.event_log.tenants import Tenant
from infrastructure.event_log.verifier import Verifier
from interfaces import provision
from tests.benchmarks import verify_logs
from tests.benchmarks.report import Report

ROUNDS = 5
EVENTS = 300_000
TENANTS = 50
DATABASE = "bench"
APP_PASSWORD = "the-app-password-of-a-throw-away-server"
WANTED = 100_000.0


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
            report = Report("verify")
            _verify(report, admin_url, app_url, large=large)
            _move(report, admin_url, app_url, Path(folder))
            report.finish()
        finally:
            server.stop()
    return 0


def _verify(report: Report, admin_url: str, app_url: str, *, large: bool) -> None:
    """One log at a tenth, at one and at ten times the size; and many small ones."""
    sizes = [EVENTS // 10, EVENTS, *([EVENTS * 10] if large else [])]
    logs = {f"verify a log of {size:,} events": [_filled(admin_url, size)] for size in sizes}
    share = EVENTS // TENANTS
    name = f"verify {TENANTS} logs of {share:,} events"
    logs[name] = [_filled(admin_url, share) for _ in range(TENANTS)]
    samples: dict[str, list[float]] = {name: [] for name in logs}
    with closing(Verifier(app_url)) as verifier:
        for _, name in itertools.product(range(ROUNDS), logs):
            began = time.perf_counter()
            found = [verifier.verify(each, lambda _: None) for each in logs[name]]
            seconds = time.perf_counter() - began
            if any(each.findings for each in found):
                raise AssertionError(found)
            samples[name].append(sum(each.events for each in found) / seconds)
    for name, rates in samples.items():
        report.add(name, rates, "events/s", target=WANTED)


def _move(report: Report, admin_url: str, app_url: str, folder: Path) -> None:
    """Out of one database, proven offline, into another."""
    tenants = [_filled(admin_url, EVENTS // 10) for _ in range(ROUNDS)]
    trusted = KeyRing([verify_logs.KEY.public])
    other_url = database_url.derive(admin_url, database="elsewhere")
    provision.migrate_database(admin_url, "elsewhere", app_password=APP_PASSWORD)
    rates: dict[str, list[float]] = {"export": [], "verify a file": [], "import": []}
    with (
        closing(snapshot.connect(app_url)) as connection,
        closing(psycopg.connect(other_url, autocommit=True)) as other,
    ):
        exporter, importer = Exporter(connection, verify_logs.KEY), Importer(other, trusted)
        for tenant in tenants:
            path = folder / str(tenant.tenant_id)
            with path.open("wb") as file:
                seconds = _timed(lambda: exporter.export(tenant.tenant_id, file))  # noqa: B023 - called at once
            rates["export"].append(EVENTS / 10 / seconds)
            seconds = _timed(lambda: log_file_verify.verify(path, trusted))  # noqa: B023 - likewise
            rates["verify a file"].append(EVENTS / 10 / seconds)
            plan = importer.examine(path, lambda _: None)
            seconds = _timed(lambda: importer.write(plan, lambda _: None))  # noqa: B023 - likewise
            rates["import"].append(EVENTS / 10 / seconds)
    for name, samples in rates.items():
        report.add(f"{name}, {EVENTS // 10:,} events", samples, "events/s")


def _filled(admin_url: str, events: int) -> Tenant:
    tenant_id: UUID = uuid4()
    verify_logs.fill(admin_url, tenant_id, events)
    return Tenant(tenant_id, None, events)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
