"""Text extraction in child processes that may be killed, so that no file can harm a worker.

Every format goes through a child, plain text too: bringing hostile combining marks into NFC takes
quadratic time (80,000 characters: 4 s), and JSON can unfold to 50 times its size in memory. A
frame to a child that is already running costs under a millisecond.
"""

import contextlib
import queue
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from application.documents.analysis import Extraction, Unextractable
from infrastructure.documents import frames
from infrastructure.documents.parser_link import Child, ParserUnavailable

MEMORY_LIMIT_BYTES = 1 << 30
TIME_LIMIT_SECONDS = 60.0
CHILDREN = 2
DOCUMENTS_PER_CHILD = 200

# A child holds the frame, the file in it, and its text, at least.
_MEMORY_PER_BYTE = 4


class ParserProcess:
    """An `Extractor` over a small pool of child processes.

    Children start when first needed, serve one file at a time, and are replaced after
    `documents_per_child` files (native libraries leak), after a crash and after a time-out.
    Threads beyond the number of children wait for one; waiting is not on the clock.
    """

    def __init__(
        self,
        *,
        children: int = CHILDREN,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
        documents_per_child: int = DOCUMENTS_PER_CHILD,
    ) -> None:
        """`memory_limit_bytes` bounds a child's address space; 0 sets no bound."""
        self._memory_limit_bytes = memory_limit_bytes
        self._time_limit_seconds = time_limit_seconds
        self._documents_per_child = documents_per_child
        self._free: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._children = children
        for _ in range(children):
            self._free.put(None)

    def extract(
        self,
        data: bytes,
        *,
        media_type: str,
        filename: str | None,  # noqa: ARG002 - part of the port; the type is settled by now
    ) -> Extraction:
        """Extract the text of `data`.

        Raises:
            Unextractable: a reason of the format's, or `parser_timeout`, `parser_crashed`,
                `parser_memory`, `parser_failed`.
            ParserUnavailable: no child could be started; the job may be tried again.
        """
        if self._memory_limit_bytes and len(data) * _MEMORY_PER_BYTE > self._memory_limit_bytes:
            raise Unextractable(
                "parser_memory",
                "The file is larger than one document may be for reading. Split it.",
            )
        with self._child() as child:
            answer = child.ask(data, media_type, time_limit_seconds=self._time_limit_seconds)
        match answer:
            case frames.Extracted():
                return Extraction(
                    text=answer.text, media_type=answer.media_type, pages=answer.pages
                )
            case frames.Refused():
                raise Unextractable(answer.reason, answer.detail)
            case _:
                raise ParserUnavailable("the parser process answered out of turn")

    def close(self) -> None:
        """End all children. Waits for files in work; a later `extract` starts children again."""
        for _ in range(self._children):
            child = self._free.get()
            if child is not None:
                child.end()
        for _ in range(self._children):
            self._free.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _child(self) -> Iterator[Child]:
        """Borrow a living child; take it back only while it is fit for another file."""
        child = self._free.get()
        try:
            if child is not None and not child.alive():
                child.end()
                child = None
            child = child or Child(self._memory_limit_bytes)
            yield child
        finally:
            kept: Child | None = child
            if child is not None and (child.spent or child.asked >= self._documents_per_child):
                kept = None
            self._free.put(kept)
            if child is not None and kept is None:
                child.end()
