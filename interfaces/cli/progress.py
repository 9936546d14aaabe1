"""How far long work has come: a bar on a terminal, a line every few seconds elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS = 5.0


class Shown:
    """Progress of `total` items on standard error, which leaves standard output to the result."""

    def __init__(self, doing: str, items: str, total: int) -> None:
        """`doing` as in "verifying", `items` as in "events"."""
        self._doing, self._items, self._total = doing, items, total
        self._done = 0
        self._began = time.monotonic()
        self._told_at = self._began
        console = Console(file=sys.stderr)
        self._bar = _bar(console) if console.is_terminal else None
        self._task = self._bar.add_task(doing, total=total, rate="") if self._bar else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    @property
    def done(self) -> int:
        """Items so far."""
        return self._done

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        rate = f"{self._done / max(self.seconds, 1e-9):,.0f} {self._items}/s"
        if self._bar is not None and self._task is not None:
            total = max(self._total, self._done)
            self._bar.update(self._task, completed=self._done, total=total, rate=rate)
        elif time.monotonic() - self._told_at >= LINE_SECONDS:
            self._told_at = time.monotonic()
            left = (self._total - self._done) * self.seconds / max(self._done, 1)
            print(  # noqa: T201 - a command's progress
                f"{self._doing}: {self._done:,} of {self._total:,} {self._items}, {rate}, "
                f"{max(left, 0):,.0f} s left",
                file=sys.stderr,
                flush=True,
            )


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
