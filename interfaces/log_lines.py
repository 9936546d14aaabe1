"""Where log lines go: standard output, written once for all lines of a turn of the event loop."""

import asyncio
import atexit
import threading
from typing import Any, TextIO


class LogLines:
    """A logger for structlog. Each write lets go of the interpreter and has to wait for it again,
    so a line for every request would cost a busy process more than making it.

    Lines stay in the order they were logged in. Outside of an event loop each is written at once.
    A process that is killed loses the lines of the turn it was at.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        atexit.register(self.flush)

    def __call__(self, *_: Any) -> "LogLines":
        """As the factory of loggers: this one for all."""
        return self

    def msg(self, line: str) -> None:
        """Have the line written."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        with self._lock:
            self._waiting.append(line)
            is_first = len(self._waiting) == 1
        if loop is None:
            self.flush()
        elif is_first:
            loop.call_soon(self.flush)

    debug = info = warning = warn = error = critical = exception = fatal = msg

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            lines, self._waiting = self._waiting, []
            if lines:
                self._file.write("\n".join(lines) + "\n")
                self._file.flush()
