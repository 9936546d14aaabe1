"""One batch of a tenant's commands on its way to the log."""

from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
import structlog

from application.recorded import Append, Recorded
from infrastructure.event_log import batch
from infrastructure.event_log.lanes import Answer, Lane, Row

SINGLES_MAX = 5
"""From here on one call of `log.append` takes less than so many of `log.append_one`."""
TRIES_MAX = 3
"""A deadlock over claims or a serialisation failure is tried again, with the same command ids."""
TRANSIENT = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

log = structlog.get_logger(__name__)

Outcomes = list[Recorded | Exception]


class AppendCall:
    """Sent, and sent again where that is safe, until every command has its outcome.

    A few commands of one event without claims try `log.append_one` each, in one transaction. What
    that doesn't simply record goes to `log.append`, as every other batch does at once.
    """

    def __init__(
        self,
        lane: Lane,
        tenant_id: UUID,
        commands: Sequence[Append],
        done: Callable[[Outcomes], None],
    ) -> None:
        self._lane = lane
        self._tenant_id = tenant_id
        self._commands = commands
        self._done = done
        self._recorded: Sequence[Recorded | None] = [None] * len(commands)
        self._tries = 0

    def send(self) -> None:
        """Start; `done` is called once, with one outcome a command."""
        if len(self._commands) <= SINGLES_MAX and all(map(batch.is_single, self._commands)):
            self._send_singles()
        else:
            self._send_batch()

    def _send_singles(self) -> None:
        try:
            calls = [batch.parameters_of_one(self._tenant_id, each) for each in self._commands]
        except Exception as error:  # noqa: BLE001 - it is the outcome of every command
            self._fail(error)
        else:
            self._lane.call("append_one", calls, self._singles_answered)

    def _singles_answered(self, answers: Sequence[Answer]) -> None:
        errors = [answer for answer in answers if isinstance(answer, Exception)]
        if not errors:
            rows = zip(answers, self._commands, strict=True)
            self._recorded = [batch.outcome_of_one(row, command) for row, command in rows]  # type: ignore[arg-type] # no errors among them
            if all(self._recorded):
                self._finish([])
                return
        elif not isinstance(errors[0], (psycopg.errors.UniqueViolation, *TRANSIENT)):
            self._fail(errors[0])
            return
        self._send_batch()

    def _send_batch(self) -> None:
        self._tries += 1
        try:
            parameters = batch.parameters(self._tenant_id, self._left())
        except Exception as error:  # noqa: BLE001 - it is the outcome of every command
            self._fail(error)
        else:
            self._lane.call("append", [parameters], self._batch_answered)

    def _batch_answered(self, answers: Sequence[Answer]) -> None:
        (answer,) = answers
        if isinstance(answer, TRANSIENT) and self._tries < TRIES_MAX:
            log.warning("append.tried_again", tenant_id=str(self._tenant_id), attempt=self._tries)
            self._send_batch()
        elif isinstance(answer, Exception):
            self._fail(answer)
        else:
            self._understand(answer)

    def _understand(self, row: Row) -> None:
        """What the server says in a way that nobody foresaw must not keep the tenant waiting."""
        try:
            outcomes = batch.outcomes(row)
        except Exception as error:  # noqa: BLE001 - it is the outcome of every command
            self._fail(error)
            return
        if len(outcomes) == len(self._left()):
            self._finish(outcomes)
        else:
            self._fail(RuntimeError(f"log.append gave {len(outcomes)} outcomes"))

    def _left(self) -> list[Append]:
        """The commands that `log.append_one` did not record."""
        pairs = zip(self._commands, self._recorded, strict=True)
        return [command for command, recorded in pairs if recorded is None]

    def _fail(self, error: Exception) -> None:
        """The error is for every command that was not recorded."""
        self._finish([error] * len(self._left()))

    def _finish(self, outcomes: Sequence[Recorded | Exception]) -> None:
        """Those recorded one by one, and these for the others, in their order."""
        rest = iter(outcomes)
        self._done([each if each is not None else next(rest) for each in self._recorded])
