"""The demonstration on a terminal, as plain lines, or not at all where its result is JSON."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from interfaces.cli import demo_tables
from interfaces.cli.demo_answers import Tenant
from interfaces.cli.demo_report import STAGES, Asked, Followed, Report

LINE_WIDTH = 120
"""Of tables in a log."""
REFRESHES_PER_SECOND = 10
HEAD_LINES = 7
"""Lines of a terminal that the moving table leaves for what is above and below it."""


class Screen(Protocol):
    """Where the demonstration is shown."""

    def begin(self, tenant: Tenant, followed: Sequence[Followed]) -> None:
        """The tenant is there, the files are chosen."""

    def following(self, followed: Sequence[Followed]) -> AbstractContextManager[Callable[[], None]]:
        """Show the documents while they move; what it gives is called after each change."""

    def answered(self, asked: Asked) -> None:
        """A question has its answer."""

    def end(self, report: Report) -> None:
        """All is done."""


def choose(*, as_json: bool) -> Screen:
    """JSON if asked for; a live table on a terminal; else lines."""
    if as_json:
        return JsonScreen()
    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        return TerminalScreen(console)
    if "COLUMNS" not in os.environ:
        console.width = LINE_WIDTH
    return LineScreen(console)


class JsonScreen:
    """Nothing until the end, then one document."""

    def begin(self, tenant: Tenant, followed: Sequence[Followed]) -> None:
        """Nothing."""

    @contextmanager
    def following(
        self,
        followed: Sequence[Followed],  # noqa: ARG002 - a screen's signature
    ) -> Iterator[Callable[[], None]]:
        """Nothing."""
        yield lambda: None

    def answered(self, asked: Asked) -> None:
        """Nothing."""

    def end(self, report: Report) -> None:
        """The report."""
        encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
        sys.stdout.write(encoded.decode() + "\n")


class LineScreen:
    """Lines that can be kept in a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[int, str] = {}
        self._began = time.monotonic()

    def begin(self, tenant: Tenant, followed: Sequence[Followed]) -> None:
        """Who and what."""
        self._console.print(demo_tables.opening(tenant, followed))

    @contextmanager
    def following(self, followed: Sequence[Followed]) -> Iterator[Callable[[], None]]:
        """A line for each document that has moved."""
        yield lambda: self._tell(followed)
        self._console.print(demo_tables.stages(followed, self._console.width))

    def answered(self, asked: Asked) -> None:
        """Question, answer, sources."""
        self._console.print(demo_tables.answer(asked))

    def end(self, report: Report) -> None:
        """The history, and what went wrong."""
        self._console.print(demo_tables.history(report, self._console.width))
        self._console.print(demo_tables.closing(report))

    def _tell(self, followed: Sequence[Followed]) -> None:
        for index, document in enumerate(followed):
            words = demo_tables.standing(document)
            if words != self._shown.get(index, ""):
                self._shown[index] = words
                seconds = time.monotonic() - self._began
                name = demo_tables.printable(document.file)
                self._console.print(f"{seconds:7.2f} s  {name}: {words}", soft_wrap=True)


class TerminalScreen(LineScreen):
    """A table that moves."""

    @contextmanager
    def following(self, followed: Sequence[Followed]) -> Iterator[Callable[[], None]]:
        """As many documents as fit, those at work first."""
        with Live(
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            get_renderable=lambda: self._moving(followed),
        ):
            yield lambda: None
        self._console.print(demo_tables.stages(followed, self._console.width))

    def _moving(self, followed: Sequence[Followed]) -> Group:
        fitting = max(3, self._console.height - HEAD_LINES)
        at_work = [document for document in followed if not document.settled]
        rest = [document for document in followed if document.settled]
        done, all_of_them = demo_tables.stages_done(followed), len(followed) * len(STAGES)
        settled = Text(f" {len(rest)} of {len(followed)} documents", style="dim")
        return Group(
            demo_tables.stages([*at_work, *reversed(rest)][:fitting], self._console.width),
            ProgressBar(total=all_of_them, completed=done, width=60),
            settled,
        )
