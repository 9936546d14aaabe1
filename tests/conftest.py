"""Servers and databases for every test. Nothing starts before a test asks for it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from infrastructure.embedded.postgres import EmbeddedPostgres
from tests import servers as run_servers
from tests import stack as stacks

_KEEPER = pytest.StashKey[run_servers.Keeper]()
_WORKER_INPUT = "muniment_run_dir"


def pytest_configure(config: pytest.Config) -> None:
    """The keeper belongs to the process that the person started, not to an xdist worker.

    What is logged is one plain line: with structlog's own tracebacks, which show the variables of
    every frame, the tests of dead letters took ten times as long (27.3 s, not 2.9).
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )
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


@pytest.fixture(scope="session")
def stack(
    servers: run_servers.Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[stacks.Stack]:
    """Web, worker and scheduler for all tests of one xdist worker: use a tenant of your own."""
    broker_url = stacks.broker_of(servers.valkey_url, 1 + _worker_number() % 4)
    with (
        run_servers.fresh_database(servers) as fresh,
        stacks.running(fresh, broker_url, tmp_path_factory.mktemp("stack")) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def web_alone(
    servers: run_servers.Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[stacks.Stack]:
    """A web process without anybody to run projections, with passwords that cost and hosts that
    are named: for tests that damage what it stands on, and mend it."""
    broker_url = stacks.broker_of(servers.valkey_url, 10 + _worker_number() % 6)
    settings = {"MUNIMENT_BCRYPT_COST": "10", "MUNIMENT_TRUSTED_HOSTS": "127.0.0.1,*.example.org"}
    with (
        run_servers.fresh_database(servers) as fresh,
        stacks.running(
            fresh, broker_url, tmp_path_factory.mktemp("web"), names=["web"], settings=settings
        ) as running,
    ):
        yield running


@pytest.fixture
def elsewhere(servers: run_servers.Servers) -> Iterator[run_servers.Database]:
    """Another database, which knows nothing of the first."""
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


def _worker_number() -> int:
    """0, 1, 2 … among the xdist workers of the run."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
