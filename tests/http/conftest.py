"""Every test of the HTTP interface also shows that the server outlives it."""

from collections.abc import Iterator

import psutil
import pytest

from tests.stack import Stack


@pytest.fixture(autouse=True, scope="module")
def outlived(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same processes serve after a module's tests as before."""
    if "stack" not in request.fixturenames and not _wants_stack(request):
        yield
        return
    stack: Stack = request.getfixturevalue("stack")
    before = serving(stack)
    yield
    assert serving(stack) == before
    assert stack.client.get("/health/ready").status_code == 200


def serving(stack: Stack) -> set[int]:
    """The web process and its children."""
    web = psutil.Process(stack.processes["web"].pid)
    return {web.pid, *(child.pid for child in web.children(recursive=True))}


def _wants_stack(request: pytest.FixtureRequest) -> bool:
    own = [item for item in request.session.items if item.parent is request.node]
    return any("stack" in getattr(item, "fixturenames", ()) for item in own)
