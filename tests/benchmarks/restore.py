"""How long a backup and a restore of everything take: `make bench-restore`, `--events` for another
size than a million.

The embedded server with durable settings, 200 tenants. A drill restores into a cluster of its own:
it imports and verifies every log, rebuilds every read model, compares them with what they were, and
tells how long that took.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infrastructure import settings as settings_module
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.settings import Settings
from tests.benchmarks import projections
from tests.benchmarks.report import Report

EVENTS = 1_000_000
DRILLS = 3
RTO_SECONDS_MAX = 3600.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    events = parser.parse_args().events
    report = Report("restore")
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder)
        server.start()
        try:
            for size in (events // 10, events):
                _measure(report, projections.filled(server, folder, size), folder, size)
        finally:
            server.stop()
    report.finish()
    return 0


def _measure(report: Report, settings: Settings, folder: Path, events: int) -> None:
    to = str(folder / f"backup-{events}")
    _muniment(settings, ["projections", "rebuild", "--all", "--switch", "--accept-differences"])
    began = time.perf_counter()
    made = _muniment(settings, ["backup", "create", "--to", to])
    seconds = time.perf_counter() - began
    drills = [_muniment(settings, ["backup", "drill", "--from", to]) for _ in range(DRILLS)]
    report.add(f"backup of {events:,} events", [made["events"] / seconds], "events/s")
    rto = [drill["rto_seconds"] for drill in drills]
    report.add(
        f"restore of {events:,} events, verified, rebuilt, compared",
        rto,
        "s",
        target=RTO_SECONDS_MAX if events >= EVENTS else None,
        direction="at most",
    )
    rates = [made["events"] / seconds for seconds in rto]
    report.add("… events restored", rates, "events/s")


def _muniment(settings: Settings, words: Sequence[str]) -> dict[str, Any]:
    """What a command says as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", *words, "--json"],
        env={**os.environ, **settings_module.to_environ(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    sys.exit(main())
