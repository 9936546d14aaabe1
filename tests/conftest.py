"""Servers and databases for every test. Nothing starts before a test asks for it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.embedded.postgres import EmbeddedPostgres
from tests import servers as run_servers

_KEEPER = pytest.StashKey[run_servers.Keeper]()
_WORKER_INPUT = "muniment_run_dir"


def pytest_configure(config: pytest.Config) -> None:
    """The keeper belongs to the process that the person started, not to an xdist worker."""
    if not hasattr(config, "workerinput"):
        config.stash[_KEEPER] = run_servers.Keeper()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the run's servers are."""
    node.workerinput[_WORKER_INPUT] = str(node.config.stash[_KEEPER].run_dir)


def pytest_unconfigure(config: pytest.Config) -> None:
    keeper = config.stash.get(_KEEPER, None)
    if keeper is not None:
        keeper.close()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> run_servers.Servers:
    """The run's PostgreSQL and Valkey, shared by all workers."""
    worker_input: dict[str, str] | None = getattr(request.config, "workerinput", None)
    if worker_input is None:
        return run_servers.ask(request.config.stash[_KEEPER].run_dir)
    return run_servers.ask(Path(worker_input[_WORKER_INPUT]))


@pytest.fixture(scope="session")
def postgres_admin_url(servers: run_servers.Servers) -> str:
    """The superuser's address of the database `postgres`."""
    return servers.postgres_admin_url


@pytest.fixture(scope="session")
def valkey_url(servers: run_servers.Servers) -> str:
    """One Valkey for all tests: use keys, namespaces or queues of your own."""
    return servers.valkey_url


@pytest.fixture
def database(servers: run_servers.Servers) -> Iterator[run_servers.Database]:
    """A migrated database of this test's own."""
    with run_servers.fresh_database(servers) as fresh:
        yield fresh


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data directory with a path short enough for sockets; removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="muniment-data-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def durable_postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test's own that syncs to disk: for crash and durability tests."""
    server = EmbeddedPostgres(data_dir)
    server.start()
    yield server
    server.stop()
