"""Of many messages for one tenant one is worked on; the others only ask for another look."""

import threading
from collections.abc import Callable
from uuid import UUID


class TenantTurns:
    """Runs something for a tenant in one thread at a time.

    Who comes while it runs goes away at once: the one that runs looks again before it ends, so
    nothing that was there when they came is missed.
    """

    def __init__(self, run: Callable[[UUID], None]) -> None:
        self._run = run
        self._asked_again: dict[UUID, bool] = {}
        self._lock = threading.Lock()

    def take(self, tenant_id: UUID) -> None:
        """Run for this tenant, or have it run again by the thread that is at it."""
        with self._lock:
            if tenant_id in self._asked_again:
                self._asked_again[tenant_id] = True
                return
            self._asked_again[tenant_id] = False
        try:
            while self._again_after(tenant_id):
                pass
        except BaseException:
            with self._lock:
                del self._asked_again[tenant_id]
            raise

    def _again_after(self, tenant_id: UUID) -> bool:
        self._run(tenant_id)
        with self._lock:
            if self._asked_again[tenant_id]:
                self._asked_again[tenant_id] = False
                return True
            del self._asked_again[tenant_id]
            return False
