"""One ticket a tenant: of many messages that ask for the same work, one has it done.

A ticket is drawn with the message that asks, and handed in when the work begins. While one is out
nobody need ask again, and a copy of a message whose ticket was handed in is worth nothing: a
tenant that is asked for often waits in line like any other.
"""

from importlib import resources
from uuid import UUID, uuid4

import redis

FORGOTTEN_SECONDS = 3600


class Tickets:
    """Tickets in Valkey. Losing them costs a sweep's time, never work."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._namespace = namespace
        self._draw = client.register_script(_script("tickets_draw.lua"))
        self._hand_in = client.register_script(_script("tickets_hand_in.lua"))

    def draw(self, tenant_id: UUID) -> tuple[str, bool]:
        """The tenant's ticket, and whether it is a new one: then nobody has asked yet.

        Raises:
            redis.RedisError: Valkey can't be reached.
        """
        new = uuid4().hex
        out = self._draw(keys=[self._key(tenant_id)], args=[new, FORGOTTEN_SECONDS])
        ticket = out.decode() if isinstance(out, bytes) else str(out)
        return ticket, ticket == new

    def hand_in(self, tenant_id: UUID, ticket: str) -> bool:
        """Whether the work is still to be done; it begins now.

        Raises:
            redis.RedisError: Valkey can't be reached.
        """
        return bool(self._hand_in(keys=[self._key(tenant_id)], args=[ticket]))

    def _key(self, tenant_id: UUID) -> str:
        return f"{self._namespace}:ticket:{tenant_id}"


def _script(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")
