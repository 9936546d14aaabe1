"""The servers of one test run: one PostgreSQL, one Valkey, kept by a process of their own.

The keeper starts them when the first test asks, and ends with the run: it holds the read end of
a pipe from pytest, so that even a killed run leaves no server and no data behind.
"""

import contextlib
import fcntl
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from infrastructure import database_url
from infrastructure.embedded import errors
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.embedded.valkey import EmbeddedValkey

APP_USER = "muniment_app"
APP_PASSWORD = "the-app-password-of-a-throw-away-server"
TEMPLATE = "muniment_template"
_START_SECONDS = 120.0


class Servers(msgspec.Struct, frozen=True):
    """Where the run's servers answer, and the run's own directory."""

    postgres_admin_url: str
    valkey_url: str
    run_dir: str


class Database(msgspec.Struct, frozen=True):
    """A migrated database of one test's own."""

    name: str
    admin_url: str
    """The superuser in this database."""
    app_url: str
    """The application's role in this database."""


class Keeper:
    """The child process that owns the servers. `close` ends it and them."""

    def __init__(self) -> None:
        self.run_dir = Path(tempfile.mkdtemp(prefix="muniment-tests-"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers", str(self.run_dir)],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def ask(run_dir: Path) -> Servers:
    """Have the keeper start the servers, if they are not up yet, and learn their addresses."""
    (run_dir / "wanted").touch()
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            return msgspec.json.decode((run_dir / "servers.json").read_bytes(), type=Servers)
        with contextlib.suppress(FileNotFoundError):
            raise errors.EmbeddedEngineError((run_dir / "failed").read_text())
        time.sleep(0.02)
    raise TimeoutError("the test servers did not start")


@contextlib.contextmanager
def fresh_database(servers: Servers) -> Iterator[Database]:
    """A copy of the migrated template, dropped afterwards."""
    _ensure_template(servers)
    name = f"t_{secrets.token_hex(8)}"
    admin_url = database_url.derive(servers.postgres_admin_url, database=name)
    app_url = database_url.derive(admin_url, user=APP_USER, password=APP_PASSWORD)
    with psycopg.connect(servers.postgres_admin_url, autocommit=True) as connection:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        # Rights on a database are not copied with it.
        grant = sql.SQL("GRANT CREATE ON DATABASE {} TO muniment_owner")
        connection.execute(grant.format(sql.Identifier(name)))
    try:
        yield Database(name, admin_url, app_url)
    finally:
        with psycopg.connect(servers.postgres_admin_url, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def prepare_template(admin_url: str, database: str) -> None:
    """Roles, schemas and tables of the product, in the template."""
    from interfaces import provision

    provision.migrate_database(admin_url, database, app_password=APP_PASSWORD)


def _ensure_template(servers: Servers) -> None:
    done = Path(servers.run_dir) / "template.done"
    if done.exists():
        return
    with (Path(servers.run_dir) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        with psycopg.connect(servers.postgres_admin_url, autocommit=True) as connection:
            name = sql.Identifier(TEMPLATE)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        prepare_template(servers.postgres_admin_url, TEMPLATE)
        done.touch()


def _keep(run_dir: Path) -> None:
    """Wait until servers are wanted, start them, and hold them until pytest lets go."""
    postgres = EmbeddedPostgres(run_dir, durable=False)
    valkey = EmbeddedValkey(run_dir, durable=False)
    try:
        while not (run_dir / "wanted").exists():
            if _let_go(0.05):
                return
        try:
            postgres.start()
            valkey.start()
        except errors.EmbeddedEngineError as error:
            (run_dir / "failed").write_text(str(error))
            return
        servers = Servers(postgres.admin_url, valkey.url, str(run_dir))
        (run_dir / "servers.new").write_bytes(msgspec.json.encode(servers))
        (run_dir / "servers.new").rename(run_dir / "servers.json")
        while not _let_go(3600):
            pass
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(run_dir, ignore_errors=True)


def _let_go(seconds: float) -> bool:
    """Whether pytest's end of the pipe was closed within the time."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
