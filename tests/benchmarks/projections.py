"""How fast read models are rebuilt, and how soon they show what was recorded:
`make bench-projections`, `--large` for four million events too, `--events` for another size.

The embedded server with durable settings, two processes; the reference is the `ProjectionRunner` of
the `eventsourcing` library, which keeps one list of documents. Rounds are interleaved.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from infrastructure import database_url
from infrastructure import settings as settings_module
from infrastructure.blobs import BlobStore
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.settings import Settings
from interfaces import bootstrap, provision
from interfaces.crew import Crew
from projections.engine import registry
from projections.engine.rebuild import Built, Rebuild
from projections.engine.registry import Registry
from projections.engine.tasks import Workshop
from tests.benchmarks import (
    projections_http,
    projections_logs,
    projections_stock,
    projections_visible,
    verify_logs,
)
from tests.benchmarks.report import Report

ROUNDS = 5
EVENTS = 1_000_000
TENANTS = 200
PROCESSES = 2
DATABASE = "bench"
APP_PASSWORD = "the-app-password-of-a-throw-away-server"
STOCK = "stock ProjectionRunner, one view"


class Round(NamedTuple):
    """Events a second, of filling alone and with the indexes; megabytes of each process."""

    filling: float
    whole: float
    megabytes: list[float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also at four times the size")
    parser.add_argument("--events", type=int, default=EVENTS)
    arguments = parser.parse_args()
    report = Report("projections")
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder)
        server.start()
        try:
            _rebuilds(report, server, folder, arguments.events, large=arguments.large)
        finally:
            server.stop()
    projections_visible.rows(report, rounds=ROUNDS)
    projections_http.rows(report, rounds=ROUNDS)
    report.finish()
    return 0


def _rebuilds(
    report: Report, server: EmbeddedPostgres, folder: Path, events: int, *, large: bool
) -> None:
    stock = projections_stock.Stock(database_url.derive(server.admin_url, database="postgres"))
    sizes = [events // 10, events, *([events * 4] if large else [])]
    rounds: dict[int, list[Round]] = {size: [] for size in sizes}
    reference: list[float] = []
    made = {size: filled(server, folder, size) for size in sizes}
    for settings in made.values():
        _rebuild(settings)  # from here on every passage has been embedded once, as in use
    for _ in range(ROUNDS):
        reference.append(stock.run())
        for size in sizes:
            rounds[size].append(_rebuild(made[size]))
    for size in sizes:
        name = f"rebuild all read models, {size:,} events, {TENANTS} tenants"
        whole = [each.whole for each in rounds[size]]
        report.add(name, whole, "events/s", target=30_000.0 if size == events else None)
        if size == events:
            against = (STOCK, reference)
            report.add(f"{name}, beside", whole, "events/s", target=20.0, reference=against)
        filling = [each.filling for each in rounds[size]]
        report.add("… filling alone, without the indexes", filling, "events/s")
        most = [max(each.megabytes) for each in rounds[size]]
        report.add("… memory of a process", most, "MB", target=300.0, direction="at most")
    if large:
        rates = [[each.whole for each in rounds[size]] for size in (events * 4, events)]
        against = (f"at {events:,} events", rates[1])
        report.add(
            f"growth to {events * 4:,} events", rates[0], "events/s", target=0.9, reference=against
        )


def filled(server: EmbeddedPostgres, folder: Path, events: int) -> Settings:
    """A database of its own with the logs of 200 tenants."""
    database = f"{DATABASE}_{events}"
    provision.migrate_database(server.admin_url, database, app_password=APP_PASSWORD)
    admin_url = database_url.derive(server.admin_url, database=database)
    app_url = database_url.derive(admin_url, user=provision.APP_ROLE, password=APP_PASSWORD)
    given = {
        "MUNIMENT_ENVIRONMENT": "test",
        "MUNIMENT_DATA_DIR": str(folder / database),
        "MUNIMENT_ADMIN_DATABASE_URL": admin_url,
        "DATABASE_URL": app_url,
    }
    settings = settings_module.load(given, None)
    blobs = BlobStore(settings.blob_url)
    vault = bootstrap.vault(settings)
    verify_logs.write(
        admin_url,
        (
            (each.tenant, projections_logs.facts(each, events // TENANTS))
            for each in (
                projections_logs.organisation(number, app_url, vault, blobs)
                for number in range(TENANTS)
            )
        ),
    )
    return settings


def _rebuild(settings: Settings) -> Round:
    workshop = bootstrap.rebuilding(settings)
    crew = Crew(settings, PROCESSES)
    workshop.database.open()
    try:
        return _measured(workshop, crew)
    finally:
        crew.close()
        workshop.database.close()


def _measured(workshop: Workshop, crew: Crew) -> Round:
    chosen = registry.rebuildable(workshop.projections)
    run = Rebuild(workshop.database, crew, by="benchmark")
    built: Built = run.begin(chosen, None)
    began = time.perf_counter()
    run.fill(built, None, lambda _count: None)
    ready = time.perf_counter()
    run.finish(built, chosen)
    ended = time.perf_counter()
    memory = [_most_megabytes(child.pid) for child in multiprocessing.active_children()]
    for target, projection in zip(built.targets, chosen, strict=True):
        drop = partial(Registry(workshop.database).drop, projection, target.generation)
        registry.insist(drop)
    return Round(built.events / (ready - began), built.events / (ended - began), memory)


def _most_megabytes(pid: int | None) -> float:
    """What a process held of the memory when it held most."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
