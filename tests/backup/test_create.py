"""Sets are taken whole or not at all, hold what is new, and expire."""

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infrastructure import settings as settings_module
from interfaces.cli import backup_create
from interfaces.cli.backup_create import Asked
from tests.backup.installations import alone, files, held, inside, small, start, told
from tests.event_log import filled
from tests.servers import Database

MANY = 60


def created(environment: dict[str, str], *more: str) -> Any:
    made = inside(environment, "create", "--json", *more)
    assert made.exit_code == 0, made.output + str(made.exception)
    return json.loads(made.stdout)


def listed(environment: dict[str, str]) -> list[Any]:
    found = inside(environment, "list", "--json")
    assert found.exit_code == 0, found.output
    sets: list[Any] = json.loads(found.stdout)
    return sets


def test_a_set_holds_what_is_new_and_a_full_one_everything(
    database: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    tenant = small(database, tmp_path)
    first = created(here)
    assert (first["full"], first["events"], first["blobs_copied"]) == (True, 3, 1)
    filled.more(database, tenant, 4)
    second = created(here)
    assert (second["full"], second["events"], second["blobs_copied"]) == (False, 5, 0)
    assert second["parent"] == first["set_id"]
    third = created(here, "--full")
    assert (third["full"], third["events"], third["blobs_copied"]) == (True, 9, 0)
    young = created(here, "--if-older-than-hours", "1")
    assert young["set_id"] is None
    assert [each["set_id"] for each in listed(here)] == [
        first["set_id"],
        second["set_id"],
        third["set_id"],
    ]


def test_what_was_killed_before_its_first_whole_file_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    small(database, tmp_path)
    first = created(here)["set_id"]
    place = tmp_path / "backup" / "sets"
    (place / "20260101T000000Z-00000000").mkdir()
    half_written = place / "20260101T000000Z-11111111" / "log#1"
    half_written.parent.mkdir()
    half_written.write_bytes(b"half")
    second = created(here)["set_id"]
    assert sorted(path.name for path in place.iterdir()) == sorted([first, second])


def test_a_create_that_is_killed_leaves_what_was_there_and_the_next_completes(
    database: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    small(database, tmp_path)
    first = created(here)["set_id"]
    for _ in range(MANY):
        filled.filled(database)
    process = start(here, "create")
    place = tmp_path / "backup" / "sets"
    while len(list(place.iterdir())) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(list(place.iterdir())) == 2
    assert [each["set_id"] for each in listed(here)] == [first]
    second = created(here)["set_id"]
    assert sorted(path.name for path in place.iterdir()) == sorted([first, second])
    assert [each["set_id"] for each in listed(here)] == [first, second]


def test_two_at_once_do_not_disturb_each_other(database: Database, tmp_path: Path) -> None:
    small(database, tmp_path)
    here = alone(database, tmp_path)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [0x6D756E696261636B])
        tried = inside(here, "create")
    assert (tried.exit_code, type(tried.exception).__name__) == (1, "BackupUnderWay")


def test_a_log_that_was_cut_begins_a_full_set(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    tenant = small(database, tmp_path)
    created(here)
    there = alone(elsewhere, tmp_path)
    cut = inside(there, "restore", "--yes", "--until", "1", "--tenant", str(tenant))
    assert cut.exit_code == 0, cut.output + str(cut.exception)
    filled.more(elsewhere, tenant, 1)
    assert created(there)["full"]


def test_sets_expire_with_their_blobs_and_one_full_set_stays(
    database: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    small(database, tmp_path)
    settings = settings_module.load(here, None)
    began = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for day in (0, 1, 8, 9):
        backup_create.create(settings, Asked(), as_json=True, now=began + timedelta(days=day))
    full = [each["full"] for each in listed(here)]
    assert full == [True, False, True, False], "a week later there is a full one again"
    blob = next((tmp_path / "data" / "blobs").rglob("*/*/*"))
    blob.unlink()
    backup_create.create(settings, Asked(), as_json=True, now=began + timedelta(days=31))
    assert [each["made_at"][:10] for each in listed(here)] == [
        "2026-11-28",
        "2026-11-29",
        "2026-12-21",
    ]
    backup_create.create(settings, Asked(), as_json=True, now=began + timedelta(days=400))
    assert [each["full"] for each in listed(here)] == [True]
    assert [path for path in files(tmp_path / "backup") if "sets" not in path.parts] == []


@pytest.mark.parametrize("given", ["--to", "--from"])
def test_a_place_that_is_none_is_told_in_one_line(
    database: Database, tmp_path: Path, given: str
) -> None:
    command = "create" if given == "--to" else "list"
    tried = inside(alone(database, tmp_path), command, given, "nothing://at-all")
    assert (tried.exit_code, type(tried.exception).__name__) == (1, "SettingsError")


def test_what_a_set_took_is_what_the_logs_held_whoever_appends_meanwhile(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    tenant = small(database, tmp_path)
    process = start(here, "create")
    while process.poll() is None:
        filled.more(database, tenant, 3)
    assert process.returncode == 0, process.communicate()
    process.communicate()
    done = told(alone(elsewhere, tmp_path), "restore", "--yes")
    restored = {row for row in held(elsewhere)["events"] if row[0] == tenant}
    assert restored <= set(held(database)["events"])
    assert {row[1] for row in restored} == set(range(1, len(restored) + 1))
    assert done["differing"] == []
