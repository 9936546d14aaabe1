"""The scheduler takes a backup where the newest is a day old."""

import time
from pathlib import Path

from tests import stack as stacks
from tests.backup.installations import KEY, environment, told
from tests.servers import Database

BROKER = 9


def test_a_scheduler_with_a_place_for_backups_takes_one(
    database: Database, valkey_url: str, tmp_path: Path
) -> None:
    place = tmp_path / "backup"
    settings = {"MUNIMENT_BACKUP_URL": place.as_uri(), "MUNIMENT_BACKUP_KEY": KEY}
    broker_url = stacks.broker_of(valkey_url, BROKER)
    with stacks.running(
        database, broker_url, tmp_path, names=["scheduler"], settings=settings
    ) as stack:
        deadline = time.monotonic() + 90
        while not list(place.glob("sets/*/manifest")):
            assert time.monotonic() < deadline, stack.log("scheduler")
            time.sleep(0.1)
        assert stack.processes["scheduler"].poll() is None
        here = environment(stack, tmp_path, None, **settings)
        assert [each["full"] for each in told(here, "list")] == [True]
