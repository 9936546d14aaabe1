"""What administrators' deeds need from outside."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from application.platform.commands import RollBackProjection, SwitchProjection
from application.ports import Ports

OnRecord = Callable[[int], Awaitable[None]]
Outcome = Literal["taken_in", "parked_again"]
"""What came of taking up a parked stream."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A parked stream of one tenant, for one projection: at which event, and what was the matter.

    `failure` is the class of the error, nothing of what the event holds.
    """

    dead_letter_id: UUID
    projection: str
    version: int
    generation: int
    tenant_id: UUID
    stream_id: UUID
    position: int
    type: str
    failure: str
    attempts: int
    parked_at: datetime
    tried_at: datetime


class DeadLetterFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters are wanted: those that fit all that is not None."""

    dead_letter_id: UUID | None = None
    projection: str | None = None
    tenant_id: UUID | None = None
    after: UUID | None = None


class Projections(Protocol):
    """Every projection, seen from an administrator."""

    def knows(self, projection: str) -> bool:
        """Whether there is one of this name."""
        ...

    async def knows_tenant(self, tenant_id: UUID) -> bool:
        """Whether there is a log of this tenant."""
        ...

    async def pause(self, projection: str, tenant_id: UUID | None, by: str) -> None:
        """Have it stand still; again changes nothing."""
        ...

    async def resume(self, projection: str, tenant_id: UUID | None) -> None:
        """End that pause; without one nothing changes."""
        ...

    async def dead_letters(self, wanted: DeadLetterFilter, *, limit: int) -> Sequence[DeadLetter]:
        """Those that are wanted, in the order of their ids, oldest first."""
        ...

    async def take_up(self, letter: DeadLetter, *, skip: bool) -> Outcome:
        """Take in what was passed over of a parked stream; with `skip` all but the event it is at.

        Raises:
            DeadLetterNotFound: somebody else was faster.
            DeadLetterOutdated: nothing here runs that version.
        """
        ...


class Made(NamedTuple):
    """A new generation of a read model."""

    version: int
    generation: int


class Generations(Protocol):
    """The generations of read models.

    `on_record` is called between a change and its commit, with the generation that answered
    before, or that answers again: a deed that can't be put on record is not done.
    """

    async def begin(self, projection: str, tenant_id: UUID | None, by: str) -> Made:
        """An empty one; a worker fills it.

        Raises:
            GenerationRefused: there can be none; the message says why.
        """
        ...

    async def switch(self, command: SwitchProjection, by: str, on_record: OnRecord) -> int:
        """Have it answer; returns the one that answered before.

        Raises:
            GenerationRefused: it may not; the message says why.
        """
        ...

    async def roll_back(self, command: RollBackProjection, by: str, on_record: OnRecord) -> int:
        """Have the one before answer again, and return it. Raises as `switch` does."""
        ...

    async def answers(self, projection: str, tenant_id: UUID | None) -> Made:
        """The one that answers now, with its version."""
        ...


class PlatformPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a handler of the platform's commands may use."""

    ports: Ports
    projections: Projections
    generations: Generations
