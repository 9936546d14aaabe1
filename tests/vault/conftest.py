"""One database for many tests, each with tenants of its own."""

from collections.abc import Iterator

import pytest

from tests import servers as run_servers


@pytest.fixture(scope="session")
def library_database(servers: run_servers.Servers) -> Iterator[run_servers.Database]:
    """A migrated database, shared: every test works in a tenant of its own."""
    with run_servers.fresh_database(servers) as fresh:
        yield fresh
