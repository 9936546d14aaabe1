"""Processes that share the work of a rebuild: decoding and folding keep a core busy each."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import connection
from typing import Any

from infrastructure import settings as settings_module
from infrastructure.settings import Settings
from interfaces import bootstrap
from projections.engine.tasks import Alone, Outcome, Passed, Task

POLL_SECONDS = 0.2
_this: "_Member | None" = None


class Crew:
    """A fixed number of child processes, there until `close`. They end with their parent."""

    def __init__(self, settings: Settings, processes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._count: Any = context.Value("q", 0)
        environment = settings_module.to_environ(settings)
        self._pool = ProcessPoolExecutor(
            processes, context, initializer=_begin, initargs=(environment, self._count)
        )

    def do(self, tasks: Sequence[Task], passed: Passed) -> Iterator[Outcome]:
        """Each task's outcome, as it is done; see `tasks.Crew`."""
        told = self._count.value
        left: set[Future[Outcome]] = {self._pool.submit(_do, task) for task in tasks}
        try:
            while left:
                done, left = wait(left, POLL_SECONDS, FIRST_COMPLETED)
                now = self._count.value
                passed(now - told)
                told = now
                for each in done:
                    yield each.result()
        finally:
            for each in left:
                each.cancel()

    def close(self) -> None:
        """End the processes; what they are at is undone by the database."""
        children = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.terminate()


class _Member:
    """What a child process works with."""

    def __init__(self, environment: dict[str, str], count: Any) -> None:
        workshop = bootstrap.rebuilding(settings_module.load(environment, None))
        workshop.database.open()
        self._alone, self._count = Alone(workshop), count

    def do(self, task: Task) -> Outcome:
        return self._alone.one(task, self._passed)

    def _passed(self, events: int) -> None:
        with self._count.get_lock():
            self._count.value += events


def _begin(environment: dict[str, str], count: Any) -> None:
    """Set a child up: the parent alone hears Ctrl-C, and the child goes when the parent is gone."""
    global _this  # noqa: PLW0603 - a pool hands its children nothing but what is global
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _this = _Member(environment, count)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _do(task: Task) -> Outcome:
    if _this is None:
        raise RuntimeError("the process was not set up")
    return _this.do(task)
