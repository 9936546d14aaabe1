"""Whether this process lives, and whether it can serve."""

import time
from typing import Any, Literal

import msgspec
import psycopg
import psycopg_pool
from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from interfaces.http import admission
from interfaces.parts import Web
from projections.engine import ledger, standing
from projections.engine.registry import NotPossible
from projections.engine.standing import Standing


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["live"]


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the process needs. `details` are for the platform's administrators alone."""

    status: Literal["ready", "not ready"]
    database: Literal["ok", "unavailable"]
    sweep: Literal["ok", "stopped", "unknown"] = "unknown"
    projections: Literal["ok", "behind", "lost", "unknown"] = "unknown"
    detail: str | None = None
    """What is lost, and which command mends it."""
    details: "ReadinessDetails | None" = None


class ReadinessDetails(msgspec.Struct, frozen=True, kw_only=True):
    """How long ago the last sweep was, and which projections are stuck."""

    sweep_age_seconds: float | None
    stuck: tuple[Standing, ...]


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
    async def ready(
        self, request: Request[Any, Any, Any], web: NamedDependency[Web]
    ) -> Response[Readiness]:
        """503 while the database is away, the sweep has stopped, or reads are stuck or lost."""
        try:
            if gone := await ledger.lost_now(web.database):
                return _lost(ledger.complaint(gone))
            age = await standing.sweep_age_seconds(web.database)
            found = await standing.latest(web.database)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
            return Response(Readiness(status="not ready", database="unavailable"), status_code=503)
        stopped = _has_stopped(web, age)
        bound = web.settings.lag_seconds_max
        stuck = tuple(each for each in found if each.is_stuck(bound))
        is_ready = not stopped and not stuck
        return Response(
            Readiness(
                status="ready" if is_ready else "not ready",
                database="ok",
                sweep="stopped" if stopped else "ok" if age is not None else "unknown",
                projections="behind" if stuck else "ok" if found else "unknown",
                details=ReadinessDetails(sweep_age_seconds=age, stuck=stuck)
                if admission.is_administrator(request)
                else None,
            ),
            status_code=200 if is_ready else 503,
        )


def _lost(error: NotPossible) -> Response[Readiness]:
    found = Readiness(status="not ready", database="ok", projections="lost", detail=str(error))
    return Response(found, status_code=503)


def _has_stopped(web: Web, age_seconds: float | None) -> bool:
    """A sweep that never was has time to begin, from the start of this process on."""
    bound = web.settings.sweep_seconds_max
    return (time.monotonic() - web.began_at if age_seconds is None else age_seconds) > bound
