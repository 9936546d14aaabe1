"""Metrics for Prometheus, for whoever holds the administrators' token.

Each is about all tenants together: how many there are of them doesn't change how many series.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from application.actor import Actor
from interfaces.parts import Web
from projections.engine import standing
from projections.engine.standing import Standing

CONTENT_TYPE = "text/plain; version=0.0.4"
LABELS = ("projection", "version", "generation")
STATES = ("running", "failing", "paused", "building")
STATE = "muniment_projection_state"
SWEEP_AGE = "muniment_sweep_age_seconds"


class Gauge(NamedTuple):
    """A figure of each generation of a projection."""

    name: str
    of: str
    help: str


GAUGES = (
    Gauge("muniment_projection_tenants", "tenants", "Tenants that it is for."),
    Gauge("muniment_projection_tenants_behind", "tenants_behind", "Tenants it is behind for."),
    Gauge(
        "muniment_projection_tenants_overdue",
        "tenants_overdue",
        "Tenants it is behind for by more than the bound.",
    ),
    Gauge("muniment_projection_position_lowest", "lowest_position", "The lowest position."),
    Gauge("muniment_projection_position_highest", "highest_position", "The highest position."),
    Gauge("muniment_projection_events_taken", "events_taken", "Events passed, over all tenants."),
    Gauge("muniment_projection_events_behind", "events_behind", "Events not passed yet."),
    Gauge("muniment_projection_lag_seconds", "lag_seconds", "Age of the oldest of those."),
    Gauge(
        "muniment_projection_events_per_second",
        "events_per_second",
        "Events passed a second, over the last minute.",
    ),
    Gauge("muniment_projection_dead_letters", "dead_letters", "Parked streams."),
    Gauge("muniment_projection_serves", "serves", "1 where it answers for anybody."),
)


class MetricsController(Controller):
    """For a scraper that sends the administrators' token."""

    path = "/metrics"
    tags = ("Health",)
    opt = {"admin": True}  # noqa: RUF012 - litestar reads it from the class

    @get(summary="Metrics", media_type=CONTENT_TYPE)
    async def metrics(
        self, web: NamedDependency[Web], administrator: NamedDependency[Actor]
    ) -> Response[bytes]:
        """In the text format of Prometheus, as the scheduler saw it last."""
        administrator.require("platform:operate")
        age = await standing.sweep_age_seconds(web.database)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Seen(await standing.latest(web.database), age))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE)


class _Seen(Collector):
    """What was seen, as metrics."""

    def __init__(self, found: Sequence[Standing], sweep_age_seconds: float | None) -> None:
        self._found = found
        self._age = sweep_age_seconds

    def collect(self) -> Iterable[Metric]:
        """One family a gauge."""
        for gauge in GAUGES:
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=LABELS)
            for each in self._found:
                family.add_metric(_labels(each), float(getattr(each, gauge.of)))
            yield family
        states = GaugeMetricFamily(STATE, "1 for the state it is in.", labels=(*LABELS, "state"))
        for each in self._found:
            for state in STATES:
                states.add_metric([*_labels(each), state], float(each.state == state))
        yield states
        if self._age is not None:
            help_ = "How long ago the last sweep ended."
            yield GaugeMetricFamily(SWEEP_AGE, help_, value=self._age)


def _labels(each: Standing) -> list[str]:
    return [each.projection, str(each.version), str(each.generation)]
