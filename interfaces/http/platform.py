"""Operating the installation over HTTP: for its administrators alone, not for tenants' owners."""

from collections.abc import Sequence

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency

from application.actor import Actor
from projections import catalogue


class ProjectionState(msgspec.Struct, frozen=True, kw_only=True):
    """One projection."""

    name: str
    version: int


class ProjectionStates(msgspec.Struct, frozen=True, kw_only=True):
    """Every projection there is."""

    items: Sequence[ProjectionState]


class PlatformController(Controller):
    """What administrators see and do; each deed stands in the platform's log."""

    path = "/admin"
    tags = ("Administration",)
    opt = {"admin": True}  # noqa: RUF012 - litestar reads it from the class

    @get("/projections", summary="List the projections")
    async def projections(self, administrator: NamedDependency[Actor]) -> ProjectionStates:
        """All of them, in the order of their names."""
        administrator.require("platform:operate")
        found = sorted(catalogue.PROJECTIONS, key=lambda each: each.name)
        return ProjectionStates(
            items=[ProjectionState(name=each.name, version=each.version) for each in found]
        )
