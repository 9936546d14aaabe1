"""Writers that hold an append open in a transaction, and end it when and how they are told."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, Self
from uuid import UUID

import psycopg
from psycopg import Connection

from application.recorded import Append, Recorded
from domain.ids import TenantId
from tests.event_log import filled, logs
from tests.servers import Database

Ending = Literal["commit", "rollback", "kill"]
SECONDS = 10.0

ALIVE = "SELECT FROM pg_stat_activity WHERE pid = %s"
BLOCKED = "SELECT cardinality(pg_blocking_pids(%s)) > 0"


class Writer:
    """One command of one tenant in one transaction, on a connection and a thread of its own."""

    def __init__(self, database: Database, tenant: TenantId, admin: Connection[Any]) -> None:
        self.tenant = tenant
        self.command: Append = logs.command()
        self.position: int | None = None
        """Where its event stands, once the append has answered."""
        self._admin = admin
        self._connection = psycopg.connect(database.app_url)
        self._thread = threading.Thread(target=self._append, daemon=True)

    def start(self) -> Self:
        """Begin; returns when the append has answered or waits for another."""
        self._thread.start()
        _until(lambda: self.position is not None or self.waits)
        return self

    @property
    def waits(self) -> bool:
        """Whether another transaction stands in its way."""
        row = self._admin.execute(BLOCKED, [self._connection.info.backend_pid]).fetchone()
        return row == (True,)

    def end(self, how: Ending) -> UUID | None:
        """The event's command, if it was committed. To kill is to terminate the server's process
        of this writer."""
        self._thread.join(SECONDS)
        assert self.position is not None
        if how == "kill":
            pid = self._connection.info.backend_pid
            self._admin.execute("SELECT pg_terminate_backend(%s)", [pid])
            _until(lambda: not self._admin.execute(ALIVE, [pid]).fetchall())
            with contextlib.suppress(psycopg.OperationalError):
                self._connection.commit()
        elif how == "commit":
            self._connection.commit()
        else:
            self._connection.rollback()
        self._connection.close()
        return self.command.command_id if how == "commit" else None

    def _append(self) -> None:
        self._connection.execute("SELECT")  # begins the transaction
        (outcome,) = filled.append(self._connection, self.tenant, [self.command])
        assert isinstance(outcome, Recorded)
        self.position = outcome.position


def next_of(waiting: list[Writer]) -> Writer:
    """The one whose append has answered: of one tenant there is never more than one."""
    _until(lambda: any(writer.position is not None for writer in waiting))
    answered = [writer for writer in waiting if writer.position is not None]
    assert len(answered) == 1
    return answered[0]


def _until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.001)
