"""Of many messages for one tenant one is worked on; the others only ask for another look.

And of many tenants each has its turn: who has more to do than fits into one goes to the back of the
queue, by a new message.
"""

import threading
import time
from collections.abc import Callable
from uuid import UUID

TURN_SECONDS = 0.25


class TenantTurns:
    """Runs something for a tenant in one thread at a time, and not for long.

    Who comes while it runs goes away at once: the one that runs looks again before it ends, or asks
    for another turn, so nothing that was there when they came is missed.
    """

    def __init__(
        self,
        run: Callable[[UUID, float], bool],
        again: Callable[[UUID], None],
        *,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        """Make turns of `run`.

        Args:
            run: does what there is to do until `time.monotonic()` is at its second argument; tells
                whether there is more.
            again: asks for another turn, behind everybody who waits by then.
        """
        self._run = run
        self._again = again
        self._turn_seconds = turn_seconds
        self._asked_again: dict[UUID, bool] = {}
        self._lock = threading.Lock()

    def take(self, tenant_id: UUID) -> None:
        """Run for this tenant, or have it run again by the thread that is at it."""
        with self._lock:
            if tenant_id in self._asked_again:
                self._asked_again[tenant_id] = True
                return
            self._asked_again[tenant_id] = False
        end = time.monotonic() + self._turn_seconds
        unfinished = False
        try:
            while (unfinished := self._is_unfinished(tenant_id, end)) and time.monotonic() < end:
                with self._lock:
                    self._asked_again[tenant_id] = False
        finally:
            with self._lock:
                unfinished = self._asked_again.pop(tenant_id) or unfinished
        if unfinished:
            self._again(tenant_id)

    def _is_unfinished(self, tenant_id: UUID, end: float) -> bool:
        more = self._run(tenant_id, end)
        with self._lock:
            return more or self._asked_again[tenant_id]
