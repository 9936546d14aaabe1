"""What administrators do to the installation, on record before it is done."""

from application import deciding
from application.actor import Actor
from application.ports import Ports
from application.recorded import Recorded
from domain.event import Event
from domain.ids import StreamId


async def record(fact: Event, stream_id: StreamId, actor: Actor, ports: Ports) -> Recorded:
    """Write into the platform's log what an administrator is about to do, or has seen end.

    A fact is recorded first and then brought about: whoever dies in between leaves a record of
    what was asked for, never a deed without one.

    Raises:
        Forbidden: the actor is no administrator of the platform.
    """
    actor.require("platform:operate")
    return await deciding.add(stream_id, [fact], actor, ports)
