"""PostgreSQL, web and Valkey are killed under load: the installation comes back by itself, and
what it acknowledged is there, once, where it said."""

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psycopg
import pytest

from infrastructure import database_url
from infrastructure.embedded.postgres import EmbeddedPostgres
from tests import stack as stacks
from tests.faults import kills
from tests.faults.http_ledgers import HttpLedger
from tests.faults.kills import VICTIMS, Victim
from tests.http import archives
from tests.served import Served, environment
from tests.servers import Database

SETTINGS = {
    "MUNIMENT_ENVIRONMENT": "test",
    "MUNIMENT_BCRYPT_COST": "4",
    "MUNIMENT_LIMITS": "off",
    "MUNIMENT_WORKER_THREADS": "2",
    "MUNIMENT_ACCESS_TOKEN_SECONDS": "86400",
}
BROKER_NUMBER = 9
SHORT: list[tuple[Victim, ...]] = [("web", "valkey-server"), ("web", "postgres")]
SEED = 20_261_120
AT_LEAST = 20
"""Uploads acknowledged before a kill, in each round."""


class Figures(msgspec.Struct):
    """What is printed in the end."""

    rounds: int
    acknowledged: int
    unknown: int
    recorded_without_an_answer: int
    lost: int
    back_after_seconds_median: float
    back_after_seconds_max: float
    events_verified: int


@pytest.fixture
def served(data_dir: Path) -> Iterator[Served]:
    made = Served(data_dir / "data", SETTINGS)
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.interrupt()
    for process in made.family():
        process.kill()


def admin_url(served: Served) -> str:
    """The superuser's address of the installation's database."""
    server = EmbeddedPostgres(served.data_dir)
    return database_url.derive(server.admin_url, database="muniment")


def crash(served: Served, rounds: Sequence[Sequence[Victim]], *, patient: bool) -> Figures:
    """Kill under load, round by round; every promise is checked after each."""
    moment = random.Random(SEED)  # noqa: S311 - any moment will do
    ledger = HttpLedger(served.url, [served.register() for _ in range(3)])
    seconds = []
    for victims in rounds:
        before = len(ledger.acknowledged)
        with ledger.load():
            ledger.wait_for(before + AT_LEAST)
            time.sleep(moment.uniform(0, 1))
            if patient:
                kills.let_settle(served, victims)
            seconds.append(kills.together(served, victims))
        url = admin_url(served)
        assert ledger.broken_promises(url) == []
        ledger.settle(url)
        assert ledger.broken_promises(url) == []
    assert ledger.changed_answers(50) == []
    assert ledger.invisible() == []
    return Figures(
        rounds=len(rounds),
        acknowledged=len(ledger.acknowledged) - ledger.unknown_in_all,
        unknown=ledger.unknown_in_all,
        recorded_without_an_answer=ledger.recorded_without_an_answer,
        lost=len(ledger.broken_promises(admin_url(served))),
        back_after_seconds_median=round(statistics.median(seconds), 1),
        back_after_seconds_max=round(max(seconds), 1),
        events_verified=verified(served),
    )


def verified(served: Served) -> int:
    """How many events `muniment events verify` finds intact; it fails if one is not."""
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", "events", "verify", "--json"],
        env=environment(MUNIMENT_DATA_DIR=str(served.data_dir), **SETTINGS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["intact"]
    return int(told["events"])


def show(figures: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        told = ", ".join(f"{name} {value}" for name, value in msgspec.to_builtins(figures).items())
        sys.stdout.write(f"\n{told.replace('_', ' ')}\n")


def test_whatever_is_killed_under_load_comes_back_and_nothing_acknowledged_is_lost(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = crash(served, SHORT, patient=False)
    show(figures, capsys)
    assert figures.lost == 0
    assert figures.acknowledged >= len(SHORT) * AT_LEAST
    assert figures.events_verified > figures.acknowledged


@pytest.mark.slow
def test_fifty_rounds_of_kills_lose_nothing(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    which = random.Random(SEED)  # noqa: S311 - any will do
    rounds = [tuple(which.sample(VICTIMS, which.choice([1, 1, 2, 2, 3]))) for _ in range(50)]
    figures = crash(served, rounds, patient=True)
    show(figures, capsys)
    assert figures.lost == 0
    assert figures.acknowledged > 1_000
    assert figures.unknown > 0


def test_the_ledger_notices_what_a_server_without_synchronous_commit_loses(
    durable_postgres: EmbeddedPostgres, log: Database, valkey_url: str, tmp_path: Path
) -> None:
    """The control: commits that are acknowledged before they are written are found missing."""
    with psycopg.connect(log.admin_url, autocommit=True) as connection:
        for setting in (b"synchronous_commit = off", b"wal_writer_delay = '10s'"):
            connection.execute(b"ALTER SYSTEM SET " + setting)
        connection.execute("SELECT pg_reload_conf()")
    broker_url = stacks.broker_of(valkey_url, BROKER_NUMBER)
    with stacks.running(log, broker_url, tmp_path, names=["web"]) as web:
        ledger = HttpLedger(web.url, [archives.registered_alone(web)])
        with ledger.load():
            ledger.wait_for(2 * AT_LEAST)
            kills.server(durable_postgres)
        durable_postgres.start()
        promised = len(ledger.acknowledged)
        lost = ledger.broken_promises(log.admin_url)
    assert 0 < len(lost) <= promised, promised
    assert all("held []" in each for each in lost)
