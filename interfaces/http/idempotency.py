"""`Idempotency-Key`: the same request sent again is answered by what it recorded the first time.

The key becomes the command's id in the log, so the promise holds through a crash between the
commit and the answer, and in every process.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid5

import msgspec
from litestar import Request

from application.actor import Actor
from application.recorded import CommandReused, Recorded
from domain.ids import CommandId
from interfaces.http.problems import BadRequest
from interfaces.parts import Web

Done = TypeVar("Done")

COMMANDS = UUID("6d756e69-6d65-4e74-8a6f-630000000000")  # the namespace of command ids
KEY_LENGTH_MAX = 255
RETRY_AFTER_SECONDS = "1"


async def once(
    request: Request[Any, Any, Any],
    web: Web,
    actor: Actor,
    asked: Sequence[object],
    run: Callable[[Actor], Awaitable[Recorded]],
) -> Recorded:
    """Run the command, or give what it recorded when it ran before under this key.

    `asked` is all that tells one request from another, without secrets. A keyed hash of it is kept,
    which tells nobody without the key what was asked.

    Raises:
        CommandReused: the key was used for something else.
        BadRequest: 409 while the first is still running here, 400 for a key that is none.
    """

    async def again(recorded: Recorded, _actor: Actor) -> Recorded:
        return recorded

    return await once_or(request, web, actor, asked, run, again)


async def once_or(
    request: Request[Any, Any, Any],
    web: Web,
    actor: Actor,
    asked: Sequence[object],
    run: Callable[[Actor], Awaitable[Done]],
    again: Callable[[Recorded, Actor], Awaitable[Done]],
) -> Done:
    """As `once`, for what comes to more than is recorded: `again` tells what it came to.

    Both are given the actor under whom the command has the id that follows from the key.
    """
    key = key_of(request)
    if key is None:
        return await run(actor)
    scope = f"{actor.tenant_id}/{actor.name}/{request.method}/{request.scope['path']}"
    command_id = CommandId(uuid5(COMMANDS, f"{scope}/{key}"))
    fingerprint = web.ports.lookup_keys.request(msgspec.json.encode(asked))
    cause = msgspec.structs.replace(actor.cause, command_id=command_id, fingerprint=fingerprint)
    acting = msgspec.structs.replace(actor, cause=cause)
    earlier = await web.store.command(actor.tenant_id, command_id)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            raise CommandReused
        return await again(earlier.recorded, acting)
    if command_id in web.running:
        raise BadRequest(
            409,
            "still-running",
            "The first request with this Idempotency-Key is still running.",
            {"Retry-After": RETRY_AFTER_SECONDS},
        )
    web.running.add(command_id)
    try:
        return await run(acting)
    finally:
        web.running.discard(command_id)


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """The caller's key, if there is one.

    Raises:
        BadRequest: it is empty, too long or not printable.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= KEY_LENGTH_MAX and key.isprintable()):
        raise BadRequest(
            400, "idempotency-key-invalid", "An Idempotency-Key has 1 to 255 printable characters."
        )
    return key
