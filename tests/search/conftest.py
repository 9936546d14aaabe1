"""One database for many tests, each with tenants of its own."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from tests import servers as run_servers
from tests.search import library
from tests.search.library import Library

Result = TypeVar("Result")


class Tell(Protocol):
    """Runs a story in a library."""

    def __call__(self, story: Callable[[Library], Awaitable[Result]], /) -> Result: ...


@pytest.fixture(scope="session")
def search_database(servers: run_servers.Servers) -> Iterator[run_servers.Database]:
    """A migrated database, shared: every test works in tenants of its own."""
    with run_servers.fresh_database(servers) as fresh:
        yield fresh


@pytest.fixture
def tell(search_database: run_servers.Database, tmp_path: Path) -> Tell:
    """`tell(story)` runs `async def story(library)`."""

    def told(story: Callable[[Library], Awaitable[Result]]) -> Result:
        return library.tell(search_database.app_url, tmp_path, story)

    return told
