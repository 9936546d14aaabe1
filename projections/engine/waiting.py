"""Read-your-writes: wait until read models have passed a position."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

import msgspec

from domain.ids import Position
from infrastructure.database import Database
from infrastructure.notices import Notices
from projections.engine.projection import Projection
from projections.engine.reading import SQL

FIRST_PAUSE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 0.05
PAUSE_BETWEEN_NOTICES_SECONDS = 0.2
"""While notices arrive: one may be lost, or its sender be of an older release."""


class ProjectionBehind(Exception):  # noqa: N818 - named for what is the matter
    """The read model has not reached the position asked for yet."""

    def __init__(self, wanted: Position, reached: Position, paused: Sequence[str] = ()) -> None:
        hint = f"; an administrator has paused {', '.join(paused)}" if paused else ""
        super().__init__(f"the read model is at position {reached}, not yet at {wanted}{hint}")
        self.wanted = wanted
        self.reached = reached


class _Reached(msgspec.Struct, frozen=True):
    position: int
    paused: list[str] | None


async def until(
    database: Database,
    notices: Notices,
    tenant_id: UUID,
    projections: Sequence[type[Projection]],
    position: Position,
    *,
    wait_seconds: float,
) -> None:
    """Return as soon as every one of `projections` has passed `position`.

    It looks at each notice, and five times a second without one; while none can arrive, after ever
    longer pauses up to a twentieth of a second.

    Raises:
        ProjectionBehind: `wait_seconds` are over, or one of them is paused and won't get there.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + wait_seconds
    pause = FIRST_PAUSE_SECONDS
    with notices.of(tenant_id) as noticed:
        while True:
            noticed.clear()  # what moves from here on is either seen or noticed
            at, paused = await _looked_up(database, tenant_id, projections, position)
            if at >= position:
                return
            left = end - loop.time()
            if paused or left <= 0:
                raise ProjectionBehind(position, at, paused)
            longest = PAUSE_BETWEEN_NOTICES_SECONDS if notices.arrive else pause
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(noticed.wait(), min(longest, left))
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


async def reached(
    database: Database, tenant_id: UUID, projections: Sequence[type[Projection]]
) -> Position:
    """The position that all of `projections` have passed."""
    at, _ = await _looked_up(database, tenant_id, projections, Position(0))
    return at


async def _looked_up(
    database: Database,
    tenant_id: UUID,
    projections: Sequence[type[Projection]],
    wanted: Position,
) -> tuple[Position, Sequence[str]]:
    """That position, and which of those that are not at `wanted` are paused."""
    parameters = {
        "projections": [each.name for each in projections],
        "versions": [each.version for each in projections],
        "wanted": wanted,
    }
    row = await database.row(tenant_id, SQL["position"], parameters, _Reached)
    return (Position(row.position), row.paused or ()) if row else (Position(0), ())
