"""Connections that carry appends, one call at a time each.

They speak to libpq through `psycopg.pq`, with callbacks instead of a task and a cursor for each
call: an append is one prepared statement whose types never vary, and the general way took three
times the processor time of everything else in it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import psycopg
from psycopg import AsyncConnection, pq
from psycopg.errors import error_from_result

from infrastructure.database import ANSWER_WITHIN_SECONDS, SESSION_OPTIONS

Parameters = Sequence[bytes | None]
Row = Sequence[bytes | None]
Answer = Row | psycopg.Error
"""The first row, or the error instead of it."""
Done = Callable[[Sequence[Answer]], None]
"""Takes an answer for each call; where the connection is lost, that error alone."""

LANES_MAX = 12
RETRY_SECONDS = 0.1
UNUSED_SECONDS = 60.0
"""A lane that had nothing to do for so long is closed, but for the last one."""

_BINARY = pq.Format.BINARY


class Lane:
    """One connection. Everything happens on the loop it was opened on."""

    def __init__(self, connection: AsyncConnection[object], gone: Callable[["Lane"], None]) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._socket = connection.pgconn.socket
        self._gone = gone
        self._done: Done | None = None
        self._answers: list[Answer] = []
        self._loop = asyncio.get_running_loop()
        self.idle_since = self._loop.time()

    @classmethod
    async def open(
        cls, url: str, statements: Mapping[str, bytes], gone: Callable[["Lane"], None]
    ) -> "Lane":
        """Connect and prepare the statements.

        Raises:
            psycopg.Error: no connection, or a statement that can't be prepared.
        """
        connection = await AsyncConnection.connect(url, autocommit=True, options=SESSION_OPTIONS)
        lane = cls(connection, gone)
        try:
            await lane._prepare(statements)
        except BaseException:
            lane.close()
            raise
        return lane

    def call(self, statement: str, calls: Sequence[Parameters], done: Done) -> None:
        """Run a prepared statement once for each parameters, in one transaction and round trip.

        `done` is called once, later, with an answer each. An error undoes all of them.
        """
        self._done = done
        name = statement.encode()
        try:
            for each in calls:
                self._pgconn.send_query_prepared(
                    name, each, [_BINARY] * len(each), result_format=_BINARY
                )
            self._send()
        except psycopg.Error as error:
            self._loop.call_soon(self._lost, error)

    def close(self) -> None:
        """Disconnect; a call under way is answered with an error."""
        self._lost(psycopg.OperationalError("the connection was closed"))

    async def _prepare(self, statements: Mapping[str, bytes]) -> None:
        self._loop.add_reader(self._socket, self._readable)
        self._pgconn.enter_pipeline_mode()
        prepared: asyncio.Future[Sequence[Answer]] = self._loop.create_future()
        self._done = prepared.set_result
        for name, statement in statements.items():
            self._pgconn.send_prepare(name.encode(), statement)
        self._send()
        for answer in await prepared:
            if isinstance(answer, Exception):
                raise answer

    def _send(self) -> None:
        self._pgconn.pipeline_sync()
        if self._pgconn.flush():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._lost(error)

    def _readable(self) -> None:
        try:
            self._pgconn.consume_input()
            while not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:
                    if self._done is None or self._pgconn.status == pq.ConnStatus.BAD:
                        break
                elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                    self._answered()
                    return
                else:
                    self._answers.append(_answer(result))
        except psycopg.Error as error:
            self._lost(error)
            return
        if self._pgconn.status == pq.ConnStatus.BAD:
            self._lost(psycopg.OperationalError("the server closed the connection"))

    def _answered(self) -> None:
        done, answers = self._done, self._answers
        self._done, self._answers = None, []
        self.idle_since = self._loop.time()
        if done is not None:
            done(answers)

    def _lost(self, error: psycopg.Error) -> None:
        if self._socket >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket = -1
            self._pgconn.finish()
            self._gone(self)
        self._answers = [error]
        self._answered()


class Lanes:
    """Up to `lanes_max` lanes to one database, opened as they are needed."""

    def __init__(
        self,
        url: str,
        statements: Mapping[str, bytes],
        *,
        changed: Callable[[psycopg.Error | None], None],
        lanes_max: int = LANES_MAX,
    ) -> None:
        """`changed` is called when a lane is there, or with the reason why there will be none."""
        self._url = url
        self._changed = changed
        self._statements = statements
        self._lanes_max = lanes_max
        self._open: set[Lane] = set()
        self._idle: list[Lane] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._tidying: asyncio.TimerHandle | None = None

    def take(self) -> Lane | None:
        """A lane for one call, the one used last; None where none is idle, and one is opened."""
        if self._idle:
            return self._idle.pop()
        if len(self._open) + len(self._opening) < self._lanes_max:
            task = asyncio.get_running_loop().create_task(self._another())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        return None

    def give_back(self, lane: Lane) -> None:
        """The lane has no call under way any more."""
        if lane in self._open:
            self._idle.append(lane)

    async def close(self) -> None:
        """Disconnect every lane; who waits for one is told that there will be none."""
        self._lanes_max = 0
        if self._tidying is not None:
            self._tidying.cancel()
        for task in list(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for lane in list(self._open):
            lane.close()
        self._changed(psycopg.OperationalError("the connections were closed"))

    async def _another(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + ANSWER_WITHIN_SECONDS
        while True:
            try:
                lane = await Lane.open(self._url, self._statements, self._gone)
                break
            except psycopg.OperationalError as error:
                if loop.time() + RETRY_SECONDS > end:
                    if not self._open:
                        self._changed(error)
                    return
                await asyncio.sleep(RETRY_SECONDS)
            except psycopg.Error as error:
                self._changed(error)
                return
        self._open.add(lane)
        self._idle.append(lane)
        if self._tidying is None:
            self._tidying = loop.call_later(UNUSED_SECONDS, self._tidy)
        self._changed(None)

    def _gone(self, lane: Lane) -> None:
        self._open.discard(lane)
        if lane in self._idle:
            self._idle.remove(lane)

    def _tidy(self) -> None:
        loop = asyncio.get_running_loop()
        self._tidying = loop.call_later(UNUSED_SECONDS, self._tidy)
        for lane in self._idle[:]:
            if len(self._open) > 1 and loop.time() - lane.idle_since >= UNUSED_SECONDS:
                lane.close()


def _answer(result: pq.abc.PGresult) -> Answer:
    if result.status not in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        return error_from_result(result)
    return [result.get_value(0, column) for column in range(result.nfields)]
