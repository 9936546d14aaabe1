"""Commands on their way to the log: those that arrive together travel together."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import islice, takewhile

import psycopg

from application.recorded import Append, Recorded
from domain.ids import TenantId
from infrastructure.database import Database
from infrastructure.event_log import batch
from infrastructure.event_log.append_call import AppendCall
from infrastructure.event_log.lanes import Lane, Lanes
from infrastructure.event_log.shared_call import SharedCall, Unsettled
from infrastructure.sql import Queries

SQL = Queries(__package__, "log.sql")
STATEMENTS = {name: SQL[name] for name in ("append", "append_one", "append_many")}

OWN_COMMANDS_MAX = 100
"""Of one tenant, in a call of its own."""
SHARED_COMMANDS_MAX = 32
"""Of all tenants that share a call."""
SHARING_TENANTS_MIN = 4
"""Fewer than these each take a call of their own, which is the shorter way for one command."""

_Waiting = tuple[Append, asyncio.Future[Recorded]]


class Outbox:
    """Waiting commands of each tenant, and the calls that carry them.

    A tenant has one call under way; what arrives meanwhile forms its next. Where several tenants
    have something to send, they share a call. So an idle system adds no delay, and a busy one fills
    its batches.
    """

    def __init__(self, database: Database, recorded: Callable[[TenantId], None]) -> None:
        """`recorded` is told of each tenant whose log has grown."""
        self._recorded = recorded
        self._lanes = Lanes(database.url, STATEMENTS, changed=self._lanes_changed)
        database.close_with(self._lanes.close)
        self._waiting: dict[TenantId, deque[_Waiting]] = {}
        self._ready: deque[TenantId] = deque()
        """Tenants with commands waiting and no call under way, in the order they came."""
        self._alone: set[TenantId] = set()
        """Tenants whose next call is their own."""
        self._sending = False
        self.count = 0
        """Commands without an answer yet."""
        self._drained: list[asyncio.Future[None]] = []

    def put(self, tenant_id: TenantId, command: Append) -> asyncio.Future[Recorded]:
        """What the command will have come to. Giving up the future does not recall the command."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Recorded] = loop.create_future()
        self.count += 1
        queue = self._waiting.get(tenant_id)
        if queue is None:
            self._waiting[tenant_id] = queue = deque()
            self._ready.append(tenant_id)
        queue.append((command, answer))
        if not self._sending:  # once all who are at it now have put theirs
            self._sending = True
            loop.call_soon(self._send_ready)
        return answer

    async def drain(self) -> None:
        """Wait until every command taken so far has its answer."""
        if self.count:
            drained = asyncio.get_running_loop().create_future()
            self._drained.append(drained)
            await drained

    def _send_ready(self) -> None:
        self._sending = False
        while self._ready and (lane := self._lanes.take()) is not None:
            # Whoever is first in the queue goes now, so nobody is passed over for ever.
            if len(self._ready) >= SHARING_TENANTS_MIN and self._sharing(self._ready[0], 1):
                self._send_shared(lane, self._take_shared())
            else:
                self._send_own(lane, self._ready.popleft())

    def _send_own(self, lane: Lane, tenant_id: TenantId) -> None:
        self._alone.discard(tenant_id)
        queue = self._waiting[tenant_id]
        taken = [queue.popleft() for _ in range(min(len(queue), OWN_COMMANDS_MAX))]

        def done(outcomes: Sequence[Recorded | Exception]) -> None:
            self._lanes.give_back(lane)
            self._answered(tenant_id, taken, outcomes)
            self._send_ready()

        AppendCall(lane, tenant_id, [command for command, _ in taken], done).send()

    def _take_shared(self) -> dict[TenantId, list[_Waiting]]:
        """The commands of the first tenants in the queue that can go together."""
        taken: dict[TenantId, list[_Waiting]] = {}
        room = SHARED_COMMANDS_MAX
        while room and self._ready and (fits := self._sharing(self._ready[0], room)):
            tenant_id = self._ready.popleft()
            queue = self._waiting[tenant_id]
            taken[tenant_id] = [queue.popleft() for _ in range(fits)]
            room -= fits
        return taken

    def _sharing(self, tenant_id: TenantId, room: int) -> int:
        """How many of a tenant's next commands, up to `room`, can go with those of others."""
        if tenant_id in self._alone:
            return 0
        first = (command for command, _ in islice(self._waiting[tenant_id], room))
        return sum(1 for _ in takewhile(batch.is_single, first))

    def _send_shared(self, lane: Lane, taken: dict[TenantId, list[_Waiting]]) -> None:
        commands = [(tenant, [command for command, _ in own]) for tenant, own in taken.items()]

        def done(outcomes: Sequence[Unsettled]) -> None:
            self._lanes.give_back(lane)
            for (tenant_id, own), came_to in zip(taken.items(), outcomes, strict=True):
                pairs = zip(own, came_to, strict=True)
                left = [each for each, outcome in pairs if outcome is None]
                if left:
                    self._waiting[tenant_id].extendleft(reversed(left))
                    self._alone.add(tenant_id)
                self._answered(tenant_id, own, came_to)
            self._send_ready()

        SharedCall(lane, commands, done).send()

    def _answered(
        self,
        tenant_id: TenantId,
        taken: Collection[_Waiting],
        outcomes: Sequence[Recorded | Exception | None],
    ) -> None:
        """The tenant has no call under way any more."""
        self._settle(taken, outcomes)
        if self._waiting[tenant_id]:
            self._ready.append(tenant_id)
        else:
            del self._waiting[tenant_id]
        if any(isinstance(outcome, Recorded) for outcome in outcomes):
            self._recorded(tenant_id)

    def _lanes_changed(self, error: psycopg.Error | None) -> None:
        while error is not None and self._ready:
            tenant_id = self._ready.popleft()
            waiting = self._waiting.pop(tenant_id)
            self._alone.discard(tenant_id)
            self._settle(waiting, [error] * len(waiting))
        self._send_ready()

    def _settle(
        self, waiting: Collection[_Waiting], outcomes: Sequence[Recorded | Exception | None]
    ) -> None:
        for (_, answer), outcome in zip(waiting, outcomes, strict=True):
            if outcome is None:
                continue  # it is sent again
            self.count -= 1
            if answer.done():
                continue  # its caller went away
            if isinstance(outcome, Recorded):
                answer.set_result(outcome)
            else:
                answer.set_exception(outcome)
        if not self.count:
            for drained in self._drained:
                drained.set_result(None)
            self._drained.clear()
