"""Dead letters over HTTP: streams that a projection could not take further."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from application.actor import Actor
from application.platform import handlers, repeats
from application.platform.commands import RetryDeadLetter, SkipDeadLetter
from application.platform.handlers import TakenUp
from application.platform.ports import DeadLetter, DeadLetterFilter, Outcome
from interfaces.http import answers, idempotency
from interfaces.http.problems import BadRequest
from interfaces.parts import Web


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a list. `next_cursor` leads on; null at the end."""

    items: Sequence[DeadLetter]
    next_cursor: str | None


class Skip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an event is left out for ever."""

    reason: Annotated[str, Meta(examples=["The file behind it is lost."])]


class DeadLetterOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, and where the platform's log has the record."""

    outcome: Outcome
    position: int


class DeadLetterController(Controller):
    """What parked, and what to do about it; each deed stands in the platform's log."""

    path = "/admin/dead-letters"
    tags = ("Administration",)
    opt = {"admin": True}  # noqa: RUF012 - litestar reads it from the class

    @get(summary="List dead letters, oldest first")
    async def page(
        self,
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        projection: FromQuery[str | None] = None,
        tenant_id: FromQuery[UUID | None] = None,
        limit: answers.Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> DeadLetters:
        """Up to `limit`, of one projection and of one tenant where they are named."""
        administrator.require("platform:operate")
        wanted = DeadLetterFilter(
            projection=projection, tenant_id=tenant_id, after=_decoded(cursor)
        )
        found = await web.platform.projections.dead_letters(wanted, limit=limit + 1)
        items = found[:limit]
        more = len(found) > limit
        return DeadLetters(items=items, next_cursor=items[-1].dead_letter_id.hex if more else None)

    @get("/{dead_letter_id:uuid}", summary="Read a dead letter")
    async def one(
        self,
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        dead_letter_id: FromPath[UUID],
    ) -> DeadLetter:
        """Which projection, stream and event, and what was the matter."""
        administrator.require("platform:operate")
        return await handlers.dead_letter(dead_letter_id, web.platform)

    @post("/{dead_letter_id:uuid}/retry", status_code=200, summary="Retry a dead letter")
    async def retry(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        dead_letter_id: FromPath[UUID],
    ) -> Response[DeadLetterOutcome]:
        """Takes in what was passed over of its stream; where that fails it stays, one try older."""
        command = RetryDeadLetter(dead_letter_id=dead_letter_id)
        taken_up = await idempotency.once_or(
            request,
            web,
            administrator,
            [],
            lambda acting: handlers.retry_dead_letter(command, acting, web.platform),
            lambda recorded, _: repeats.taken_up(recorded, dead_letter_id, web.platform),
        )
        return _answer(taken_up)

    @post("/{dead_letter_id:uuid}/skip", status_code=200, summary="Skip a dead letter's event")
    async def skip(
        self,
        request: Request[Any, Any, Any],
        web: NamedDependency[Web],
        administrator: NamedDependency[Actor],
        dead_letter_id: FromPath[UUID],
        data: JSONBody[Skip],
    ) -> Response[DeadLetterOutcome]:
        """Leaves this one event out for ever, and takes in those of its stream that follow."""
        command = SkipDeadLetter(dead_letter_id=dead_letter_id, reason=data.reason)
        taken_up = await idempotency.once_or(
            request,
            web,
            administrator,
            [data],
            lambda acting: handlers.skip_dead_letter(command, acting, web.platform),
            lambda recorded, _: repeats.taken_up(recorded, dead_letter_id, web.platform),
        )
        return _answer(taken_up)


def _answer(taken_up: TakenUp) -> Response[DeadLetterOutcome]:
    recorded = taken_up.recorded
    answer = DeadLetterOutcome(outcome=taken_up.outcome, position=recorded.position)
    return Response(answer, headers=answers.written(recorded))


def _decoded(cursor: str | None) -> UUID | None:
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError as error:
        raise BadRequest(
            422, "cursor-invalid", "Use next_cursor of an earlier answer as it is."
        ) from error
