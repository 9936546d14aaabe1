"""What keeps `muniment serve` from starting, told in one line before anything has started."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infrastructure import database_url
from interfaces.cli.preflight import DataLock
from tests.served import environment
from tests.servers import APP_PASSWORD, APP_USER, Servers


def muniment(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", *words],
        env=environment(**environ),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def work_seconds() -> float:
    """Processor time of ended child processes: a busy machine changes it less than the clock."""
    times = os.times()
    return times.children_user + times.children_system


def refusal(**environ: str) -> str:
    refused = muniment("serve", **environ)
    assert refused.returncode == 1
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    return lines[0]


def test_a_taken_port_is_told(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = refusal(MUNIMENT_DATA_DIR=str(data_dir), MUNIMENT_PORT=port)
    assert said == f"muniment: port {port} is taken: stop what uses it, or set MUNIMENT_PORT"


def test_a_host_that_is_elsewhere_is_told(data_dir: Path) -> None:
    said = refusal(MUNIMENT_DATA_DIR=str(data_dir), MUNIMENT_HOST="192.0.2.7")
    assert said == "muniment: MUNIMENT_HOST is not an address of this machine"


def test_an_unwritable_disk_is_told() -> None:
    said = refusal(MUNIMENT_DATA_DIR="/proc/nowhere")
    assert said.startswith("muniment: MUNIMENT_DATA_DIR must be a writable directory")


def test_a_data_directory_in_use_is_told(data_dir: Path) -> None:
    lock = DataLock(data_dir)
    lock.take()
    said = refusal(MUNIMENT_DATA_DIR=str(data_dir))
    lock.release()
    assert said.startswith(f"muniment: another muniment process is using {data_dir}")


def test_production_without_secrets_ends_quickly_and_names_the_variable(data_dir: Path) -> None:
    before = work_seconds()
    said = refusal(MUNIMENT_DATA_DIR=str(data_dir), MUNIMENT_ENVIRONMENT="production")
    assert said.startswith("muniment: MUNIMENT_JWT_SECRET must be set in production")
    assert work_seconds() - before < 5


def test_a_secret_that_is_refused_is_not_shown(data_dir: Path) -> None:
    said = refusal(MUNIMENT_DATA_DIR=str(data_dir), MUNIMENT_JWT_SECRET="hunter2")
    assert "MUNIMENT_JWT_SECRET" in said
    assert "hunter2" not in said


def test_wrong_usage_is_told_by_code_2() -> None:
    assert muniment("nonsense").returncode == 2
    assert muniment("serve", "--nonsense").returncode == 2


def test_help_comes_at_once_and_names_every_command() -> None:
    before = work_seconds()
    shown = muniment("--help")
    assert work_seconds() - before < 1  # about a third on an idle machine
    assert shown.returncode == 0
    for command in ("serve", "web", "worker", "scheduler", "migrate", "demo"):
        assert command in shown.stdout


def test_help_imports_nothing_heavy() -> None:
    names = "psycopg litestar granian dramatiq numpy wordllama msgspec redis eventsourcing"
    program = (
        "import sys\ntry:\n    from interfaces.cli.main import cli; cli(['--help'])\n"
        f"except SystemExit:\n    heavy = set('{names}'.split()) & set(sys.modules)\n"
        "    sys.exit(' '.join(heavy) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_a_given_database_needs_an_address_to_migrate_it_with(data_dir: Path) -> None:
    refused = muniment(
        "migrate", MUNIMENT_DATA_DIR=str(data_dir), DATABASE_URL="postgresql://u:hidden77@h/d"
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("muniment: MUNIMENT_ADMIN_DATABASE_URL must be set")
    assert "hidden77" not in refused.stderr


@pytest.mark.parametrize("process", ["web", "worker", "scheduler"])
def test_a_process_without_a_database_says_what_it_lacks(process: str, data_dir: Path) -> None:
    refused = muniment(process, MUNIMENT_DATA_DIR=str(data_dir))
    assert (refused.returncode, refused.stderr) == (
        1,
        "muniment: DATABASE_URL must be set, or run `muniment serve`\n",
    )


def test_migrating_does_not_take_the_roles_password_away(data_dir: Path) -> None:
    refused = muniment(
        "migrate",
        MUNIMENT_DATA_DIR=str(data_dir),
        DATABASE_URL="postgresql://muniment_app@h/d",
        MUNIMENT_ADMIN_DATABASE_URL="postgresql://admin@h/d",
    )
    assert (refused.returncode, refused.stderr) == (
        1,
        "muniment: DATABASE_URL must hold the role's password\n",
    )


def test_a_given_database_is_migrated_and_then_up_to_date(data_dir: Path, servers: Servers) -> None:
    name = f"given_{data_dir.name.rpartition('-')[2]}".lower()
    admin_url = database_url.derive(servers.postgres_admin_url, database=name)
    with psycopg.connect(servers.postgres_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    app_url = database_url.derive(admin_url, user=APP_USER, password=APP_PASSWORD)
    done = muniment(
        "migrate",
        MUNIMENT_DATA_DIR=str(data_dir),
        DATABASE_URL=app_url,
        MUNIMENT_ADMIN_DATABASE_URL=admin_url,
    )
    assert (done.returncode, done.stdout) == (0, "the database is up to date\n"), done.stderr
    with psycopg.connect(app_url) as connection:
        assert connection.execute("SELECT count(*) FROM log.heads").fetchone() == (0,)
