"""Whether this process lives, and whether it can serve."""

from typing import Literal

import msgspec
import psycopg
import psycopg_pool
from litestar import Controller, Response, get
from litestar.di import NamedDependency

from interfaces.bootstrap import Web


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["live"]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What the process needs, each `ok` or `unavailable`."""

    status: Literal["ready", "not ready"]
    database: Literal["ok", "unavailable"]


class HealthController(Controller):
    """For supervisors and load balancers."""

    path = "/health"
    tags = ("Health",)
    opt = {"public": True}  # noqa: RUF012 - litestar reads it from the class

    @get("/live", summary="Does the process live")
    async def live(self) -> Alive:
        """200 as long as it does, whatever it depends on."""
        return Alive(status="live")

    @get("/ready", summary="Can the process serve")
    async def ready(self, web: NamedDependency[Web]) -> Response[Readiness]:
        """200, or 503 while the database can't be reached."""
        try:
            async with web.database.connection() as connection:
                await connection.execute(b"SELECT 1")
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
            return Response(Readiness(status="not ready", database="unavailable"), status_code=503)
        return Response(Readiness(status="ready", database="ok"))
