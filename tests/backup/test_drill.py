"""A drill restores for real, says how long it took, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import servers as run_servers
from tests.backup.installations import alone, files, inside, small, start, tried
from tests.event_log import filled


@pytest.fixture
def backed_up(servers: run_servers.Servers, tmp_path: Path, data_dir: Path) -> dict[str, str]:
    """Settings of an installation whose database is gone: a drill needs none."""
    with run_servers.fresh_database(servers) as database:
        settings = alone(database, tmp_path)
        tenant = small(database, tmp_path)
        assert inside(settings, "create").exit_code == 0
        filled.more(database, tenant, 20)
        assert inside(settings, "create").exit_code == 0
    return {**settings, "TMPDIR": str(data_dir)}


@pytest.fixture(autouse=True)
def nothing_is_left(data_dir: Path) -> Iterator[None]:
    yield
    assert left(data_dir) == set()


def left(temporary: Path) -> set[str]:
    """What drills have in the folder for temporary files, and servers that work there."""
    found = {path.name for path in temporary.iterdir()}
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(temporary):
                found.add(str(process.pid))
        except (psutil.Error, OSError):
            continue
    return found


def test_a_drill_passes_and_measures(backed_up: dict[str, str]) -> None:
    code, out, err = tried(backed_up, "drill", "--json")
    assert code == 0, out + err
    told = json.loads(out)
    assert told["passed"] is True
    assert 0 < told["rto_seconds"] < 3600
    assert 0 < told["rpo_seconds"] < 86_400
    assert told["marker_set_id"] == told["restored"]["set_id"]
    assert told["restored"]["events"] == 2 + 20 + 2  # those of the log, and a marker for each set
    assert told["restored"]["differing"] == []


def test_a_drill_fails_on_one_changed_byte_and_on_a_limit(backed_up: dict[str, str]) -> None:
    code, out, _ = tried(backed_up, "drill", "--rpo-seconds-max", "0")
    assert (code, "failed: the set is older than 0 s" in out) == (1, True), out
    place = Path(backed_up["MUNIMENT_BACKUP_URL"].removeprefix("file://"))
    log = next(path for path in files(place) if path.name.startswith("log-"))
    octets = bytearray(log.read_bytes())
    octets[-20] ^= 1
    log.write_bytes(octets)
    code, _, err = tried(backed_up, "drill")
    assert code == 1
    assert "is not what was written" in err


def under_way(backed_up: dict[str, str], data_dir: Path) -> "subprocess.Popen[str]":
    """A drill whose server runs."""
    process = start(backed_up, "drill")
    deadline = time.monotonic() + 60
    while not any(each.isdigit() for each in left(data_dir)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_drill_that_is_interrupted_leaves_nothing(
    backed_up: dict[str, str], data_dir: Path, number: signal.Signals
) -> None:
    process = under_way(backed_up, data_dir)
    os.kill(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode == 1


@pytest.mark.slow
def test_the_next_drill_removes_what_a_killed_one_left_and_nothing_of_one_that_lives(
    backed_up: dict[str, str], data_dir: Path
) -> None:
    killed = under_way(backed_up, data_dir)
    killed.kill()
    killed.communicate(timeout=60)
    assert {each.isdigit() for each in left(data_dir)} == {True, False}
    (data_dir / "muniment-drill-of-somebody").mkdir()  # no drill made it: it has no marker
    (data_dir / "muniment-drill-elsewhere").symlink_to(data_dir, target_is_directory=True)
    code, _, err = tried(backed_up, "drill", "--set", "no such set")
    assert (code, "removed what a drill that was killed left" in err) == (1, True), err
    (data_dir / "muniment-drill-of-somebody").rmdir()
    (data_dir / "muniment-drill-elsewhere").unlink()
    assert left(data_dir) == set()
    living = under_way(backed_up, data_dir)
    with_it = left(data_dir)
    code, _, err = tried(backed_up, "drill", "--set", "no such set")
    assert (code, "removed" in err) == (1, False), err
    assert {each for each in with_it if not each.isdigit()} <= left(data_dir)
    os.kill(living.pid, signal.SIGTERM)
    living.communicate(timeout=60)
