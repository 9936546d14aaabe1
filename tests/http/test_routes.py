"""The table of routes lists what the application serves, so that no suite passes over a route."""

import re
from collections.abc import Iterator

from litestar import Litestar
from litestar.routes import HTTPRoute

from infrastructure import settings
from interfaces import bootstrap
from interfaces.http import app
from tests.http.routes import NOBODYS, PLATFORM, ROUTES
from tests.stack import Stack

NOT_DATA = ("/docs", "/schema")
"""What describes the API: the same for everybody."""


def served(application: Litestar) -> Iterator[tuple[str, str, bool]]:
    """Method, path and whether it is public."""
    for route in application.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(NOT_DATA):
            path = re.sub(r"{stage:\w+}", "INGESTION", route.path)
            path = re.sub(r"{ticker:\w+}", "2330", path)
            path = re.sub(r"{dead_letter_id:uuid}", NOBODYS, path)
            path = re.sub(r"{tenant_id:uuid}", PLATFORM, path)
            path = re.sub(r"{name:str}", "nothing", path)
            path = re.sub(r"{\w+:uuid}", "{id}", path)
            for method, (handler, _) in route.route_handler_map.items():
                if method != "OPTIONS":
                    yield method, path, bool(handler.opt.get("public"))


def test_every_route_is_in_the_table_and_nothing_else(stack: Stack) -> None:
    wired = bootstrap.web(settings.load(stack.environment, None))
    table = {(route.method, route.path, route.needs == "nothing") for route in ROUTES}
    assert set(served(app.litestar_app(wired))) == table


def test_every_route_with_an_id_says_what_the_id_is() -> None:
    for route in (route for route in ROUTES if route.needs != "the platform"):
        values = "".join((route.path, route.query, str(route.body)))
        assert ("{id}" in values) == (route.of is not None), route
        assert route.of is not None or route.body is None or "_id" not in values, route
