"""The embedded Valkey, with real crashes and real leftovers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from infrastructure.embedded import errors
from infrastructure.embedded.valkey import EmbeddedValkey


@pytest.fixture
def valkey(data_dir: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(data_dir)
    yield server
    server.stop()


def test_what_it_was_told_survives_a_restart(valkey: EmbeddedValkey) -> None:
    valkey.start()
    redis.Redis.from_url(valkey.url).set("key", "value")
    valkey.stop()
    valkey.start()
    assert redis.Redis.from_url(valkey.url).get("key") == b"value"


def test_what_was_synced_survives_its_kill(valkey: EmbeddedValkey) -> None:
    valkey.start()
    redis.Redis.from_url(valkey.url).set("key", "value")
    time.sleep(1.1)  # "everysec" promises no less
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGKILL)
    valkey.start()
    assert redis.Redis.from_url(valkey.url).get("key") == b"value"


def test_it_demands_its_password(valkey: EmbeddedValkey) -> None:
    valkey.start()
    without = valkey.url.replace(valkey.url.split("@")[0], "unix://", 1).replace("@", "", 1)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(without).ping()


def test_no_network_port_is_open(valkey: EmbeddedValkey) -> None:
    valkey.start()
    assert valkey.pid is not None
    assert not psutil.Process(valkey.pid).net_connections(kind="inet")


def test_a_server_left_by_a_killed_parent_is_taken_over(
    valkey: EmbeddedValkey, data_dir: Path
) -> None:
    start_and_die = (
        "import os, sys, pathlib; from infrastructure.embedded.valkey import EmbeddedValkey\n"
        "EmbeddedValkey(pathlib.Path(sys.argv[1])).start(); os.kill(os.getpid(), 9)"
    )
    died = subprocess.run([sys.executable, "-c", start_and_die, str(data_dir)], check=False)
    assert died.returncode == -signal.SIGKILL
    left_over = valkey.pid
    assert left_over is not None
    valkey.start()
    assert valkey.pid == left_over
    assert redis.Redis.from_url(valkey.url).ping()


def test_a_left_over_that_does_not_answer_is_replaced(
    valkey: EmbeddedValkey, data_dir: Path
) -> None:
    valkey.start()
    first = valkey.pid
    (data_dir / "run" / "valkey.sock").unlink()
    valkey.start()
    assert valkey.pid != first
    assert redis.Redis.from_url(valkey.url).ping()


def test_a_path_too_long_for_a_socket_works(data_dir: Path) -> None:
    server = EmbeddedValkey(data_dir.joinpath(*["a-directory-with-a-long-name"] * 5))
    server.start()
    try:
        assert redis.Redis.from_url(server.url).ping()
    finally:
        server.stop()


def test_an_unwritable_place_is_told_in_one_line() -> None:
    with pytest.raises(errors.EmbeddedEngineError, match="/proc/nowhere is not writable"):
        EmbeddedValkey(Path("/proc/nowhere")).start()
