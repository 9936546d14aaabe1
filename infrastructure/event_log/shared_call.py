"""Commands of several tenants on their way to the log together."""

from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
import structlog

from application.recorded import Append, Recorded
from infrastructure.event_log import batch
from infrastructure.event_log.append_call import TRANSIENT
from infrastructure.event_log.lanes import Answer, Lane, Row

log = structlog.get_logger(__name__)

Taken = Sequence[tuple[UUID, Sequence[Append]]]
"""Each tenant's commands; every one is one event without claims."""
Unsettled = list[Recorded | Exception | None]
"""One outcome a command of a tenant; None where only a call of the tenant's own finds it."""


class SharedCall:
    """One call of `log.append_many`. No tenant's trouble becomes another's.

    What it does not simply record, and everything if the server refuses the call, is for the caller
    to send again, each tenant by itself: nothing of it was recorded.
    """

    def __init__(self, lane: Lane, taken: Taken, done: Callable[[list[Unsettled]], None]) -> None:
        self._lane = lane
        self._taken = taken
        self._commands = [(tenant_id, each) for tenant_id, own in taken for each in own]
        self._done = done

    def send(self) -> None:
        """Start; `done` is called once, with the outcomes of each tenant."""
        try:
            parameters = batch.parameters_of_many(self._commands)
        except Exception:  # noqa: BLE001 - the tenant that it belongs to is told by its own call
            self._finish([None] * len(self._commands))
        else:
            self._lane.call("append_many", [parameters], self._answered)

    def _answered(self, answers: Sequence[Answer]) -> None:
        (answer,) = answers
        if not isinstance(answer, Exception):
            self._understand(answer)
        elif isinstance(answer, psycopg.OperationalError) and not isinstance(answer, TRANSIENT):
            self._finish([answer] * len(self._commands))
        else:
            log.warning(
                "append.parted", commands=len(self._commands), failure=type(answer).__name__
            )
            self._finish([None] * len(self._commands))

    def _understand(self, row: Row) -> None:
        """What the server says in a way that nobody foresaw must not keep the tenants waiting."""
        try:
            outcomes = batch.outcomes_of_many(row, [command for _, command in self._commands])
        except Exception as error:  # noqa: BLE001 - it is the outcome of every command
            self._finish([error] * len(self._commands))
        else:
            self._finish(outcomes)

    def _finish(self, outcomes: Sequence[Recorded | Exception | None]) -> None:
        rest = iter(outcomes)
        self._done([[next(rest) for _ in own] for _, own in self._taken])
