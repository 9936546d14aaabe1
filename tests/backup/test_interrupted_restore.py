"""A restore that was killed goes on where it was, and nothing else may go on with it."""

import os
import signal
import time
from pathlib import Path

import psycopg

from domain.ids import PLATFORM
from tests.backup.installations import alone, held, inside, small, start, told
from tests.event_log import filled
from tests.servers import Database

MANY = 30


def logs_in(database: Database) -> int:
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute("SELECT count(*) FROM log.heads").fetchone()
    return int(row[0]) if row else 0


def test_a_restore_that_was_killed_goes_on(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    here, there = alone(database, tmp_path), alone(elsewhere, tmp_path)
    tenant = small(database, tmp_path)
    for _ in range(MANY):
        filled.filled(database)
    assert inside(here, "create").exit_code == 0
    filled.more(database, tenant, 2)
    assert inside(here, "create").exit_code == 0
    sets = told(here, "list")
    process = start(there, "restore", "--yes")
    while logs_in(elsewhere) < MANY // 10:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert logs_in(elsewhere) < MANY
    other = inside(there, "restore", "--yes", "--set", sets[0]["set_id"])
    assert (other.exit_code, type(other.exception).__name__) == (1, "NotRestored")
    done = told(there, "restore", "--yes")
    assert (done["resumed"], done["differing"]) == (True, [])
    ours, restored = held(database, without=PLATFORM), held(elsewhere, without=PLATFORM)
    assert restored == ours
