"""The embedded PostgreSQL, with real crashes and real leftovers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infrastructure import database_url
from infrastructure.embedded import errors
from infrastructure.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data_dir)
    yield server
    server.stop()


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_it_is_version_18_with_vectors(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    run(postgres.admin_url, "CREATE EXTENSION vector")
    assert run(postgres.admin_url, "SHOW server_version_num")[0][0] >= "180000"  # type: ignore[operator]
    assert run(postgres.admin_url, "SELECT '[1,0]'::vector <-> '[0,1]'::vector")


def test_data_is_still_there_at_the_second_start(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    run(postgres.admin_url, "CREATE TABLE kept AS SELECT 7 AS number")
    postgres.stop()
    postgres.start()
    assert run(postgres.admin_url, "SELECT number FROM kept") == [(7,)]


def test_commits_are_synced_to_disk_by_default(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert run(postgres.admin_url, f"SHOW {setting}") == [("on",)]


def test_stopping_twice_does_nothing_more(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    postgres.stop()
    assert postgres.pid is None


def test_no_network_port_is_open(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    assert run(postgres.admin_url, "SHOW listen_addresses") == [("",)]
    assert postgres.pid is not None
    assert not psutil.Process(postgres.pid).net_connections(kind="inet")


@pytest.mark.parametrize("role", ["postgres", "somebody"])
def test_every_role_needs_its_password(postgres: EmbeddedPostgres, role: str) -> None:
    postgres.start()
    if role != "postgres":
        run(postgres.admin_url, f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
    wrong = database_url.derive(postgres.admin_url, user=role, password="wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_superuser_password_is_for_the_owner_alone(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    postgres.start()
    assert (data_dir / "postgres.password").stat().st_mode & 0o077 == 0
    assert (data_dir / "postgres").stat().st_mode & 0o077 == 0
    assert not (data_dir / "postgres.handover").exists()


def test_a_server_left_by_a_killed_parent_is_taken_over(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    start_and_die = (
        "import os, sys, pathlib; from infrastructure.embedded.postgres import EmbeddedPostgres\n"
        "EmbeddedPostgres(pathlib.Path(sys.argv[1])).start(); os.kill(os.getpid(), 9)"
    )
    died = subprocess.run([sys.executable, "-c", start_and_die, str(data_dir)], check=False)
    assert died.returncode == -signal.SIGKILL
    left_over = postgres.pid
    assert left_over is not None
    postgres.start()
    assert postgres.pid == left_over
    assert run(postgres.admin_url, "SELECT 1") == [(1,)]


def test_it_recovers_after_its_own_kill(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    run(postgres.admin_url, "CREATE TABLE kept AS SELECT generate_series(1, 50000) AS number")
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    postgres.start()
    assert run(postgres.admin_url, "SELECT count(*) FROM kept") == [(50000,)]


def test_a_pid_that_now_belongs_to_somebody_else_is_not_believed(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    postgres.start()
    pid_file = (data_dir / "postgres" / "postmaster.pid").read_text()
    first = postgres.pid
    postgres.stop()
    stale = pid_file.replace(str(first), str(os.getppid()), 1)
    (data_dir / "postgres" / "postmaster.pid").write_text(stale)
    assert postgres.pid is None
    postgres.start()
    assert run(postgres.admin_url, "SELECT 1") == [(1,)]


def test_a_half_written_pid_file_is_no_hindrance(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    postgres.start()
    postgres.stop()
    (data_dir / "postgres" / "postmaster.pid").write_text("12")
    postgres.start()
    assert run(postgres.admin_url, "SELECT 1") == [(1,)]


def test_an_initialisation_that_was_killed_starts_over(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    (data_dir / "postgres.partial").mkdir()
    (data_dir / "postgres.partial" / "PG_VERSION").write_text("18")
    postgres.start()
    assert run(postgres.admin_url, "SELECT 1") == [(1,)]


def test_a_path_too_long_for_a_socket_works(data_dir: Path) -> None:
    deep = data_dir.joinpath(*["a-directory-with-a-long-name"] * 5)
    server = EmbeddedPostgres(deep)
    server.start()
    try:
        assert run(server.admin_url, "SELECT 1") == [(1,)]
    finally:
        server.stop()


def test_data_of_another_version_is_left_alone(postgres: EmbeddedPostgres, data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(errors.EmbeddedEngineError, match="PostgreSQL 16; this release runs 18"):
        postgres.start()


def test_a_broken_setting_is_told_in_one_line(postgres: EmbeddedPostgres, data_dir: Path) -> None:
    postgres.start()
    postgres.stop()
    with (data_dir / "postgres" / "postgresql.conf").open("a") as config:
        config.write("shared_buffers = nonsense\n")
    with pytest.raises(errors.EmbeddedEngineError, match="does not start") as refusal:
        postgres.start()
    assert "\n" not in str(refusal.value)


def test_an_unwritable_place_is_told_in_one_line() -> None:
    with pytest.raises(errors.EmbeddedEngineError, match="/proc/nowhere is not writable"):
        EmbeddedPostgres(Path("/proc/nowhere")).start()


def test_a_file_in_place_of_the_data_directory_is_told(data_dir: Path) -> None:
    (data_dir / "file").touch()
    with pytest.raises(errors.EmbeddedEngineError, match="is not writable"):
        EmbeddedPostgres(data_dir / "file").start()
