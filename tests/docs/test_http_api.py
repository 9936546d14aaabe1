"""docs/reference/http-api.md names every route with its access and status, and no other."""

import re
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from infrastructure import settings
from interfaces import bootstrap
from interfaces.http import app
from tests.docs import pages

PAGE = pages.REFERENCE / "http-api.md"
DESCRIPTION = "/schema"
ADDRESSES = {
    "DATABASE_URL": "postgresql://nobody@nowhere.invalid/nothing",
    "REDIS_URL": "redis://nowhere.invalid",
}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application as it is wired for a process; nothing is connected."""
    folder: Path = tmp_path_factory.mktemp("data")
    environ = {
        "MUNIMENT_ENVIRONMENT": "test",
        "MUNIMENT_DATA_DIR": str(folder),
        "MUNIMENT_BCRYPT_COST": "4",
        **ADDRESSES,
    }
    return app.litestar_app(bootstrap.web(settings.load(environ, None)))


def documented() -> dict[str, tuple[str, int]]:
    rows = pages.rows(pages.sections(PAGE, 2)["Routes"])
    return {cells[0]: (cells[1], int(cells[2])) for cells in rows}


def served(application: Litestar) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for route in application.routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith(DESCRIPTION):
            continue
        path = re.sub(r":\w+}", "}", route.path)
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                found[f"{method} {path}"] = (access(handler), handler.status_code)
    return found


def access(handler: HTTPRouteHandler) -> str:
    marked = [mark for mark in ("public", "admin") if handler.opt.get(mark)]
    return marked[0] if marked else "token"


def test_every_route_is_documented_and_nothing_else(application: Litestar) -> None:
    assert documented() == served(application)
