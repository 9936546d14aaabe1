"""The process that opens untrusted files: limited, without secrets, gone when its parent is.

Started by `parser_link` as `python -m infrastructure.documents.parser_child MEMORY_BYTES LIFELINE`.
"""

import contextlib
import fcntl
import os
import resource
import select
import signal
import sys
from typing import BinaryIO

from application.documents.analysis import Unextractable
from infrastructure.documents import frames
from infrastructure.documents.extract import formats

_OPEN_FILES_MAX = 64


def main() -> None:
    """Answer requests from standard input on standard output until the parent closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _end_with_parent(lifeline=int(sys.argv[2]))
    _limit(memory_bytes=int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not break the frames
    frames.write(answers, frames.Ready())
    with contextlib.suppress(frames.Closed, BrokenPipeError):
        while True:
            _answer(frames.read_request(sys.stdin.buffer), answers)


def _end_with_parent(*, lifeline: int) -> None:
    """Have the kernel end this process when the parent's end of the pipe `lifeline` closes.

    Neither a thread nor a handler in Python would do: a file that keeps one library call busy
    also keeps the interpreter's lock. The parent never writes to this pipe, so the only thing
    that can be signalled on it is its end, and an unhandled SIGIO ends the process.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        sys.exit()  # the parent went before the signal was asked for


def _limit(*, memory_bytes: int) -> None:
    """Bound memory and open files; forbid written files and core dumps."""
    if memory_bytes:
        _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES_MAX)


def _lower(limit: int, wanted: int) -> None:
    # macOS refuses some of these; there the parent's time limit stands alone.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (wanted, wanted))


def _answer(request: frames.Request, answers: BinaryIO) -> None:
    _allow_cpu(request.cpu_seconds)
    try:
        found = formats.extract(request.data, request.media_type)
        answer: frames.Answer = frames.Extracted(
            text=found.text, media_type=found.media_type, pages=found.pages
        )
    except Unextractable as refusal:
        answer = frames.Refused(reason=refusal.reason, detail=refusal.detail)
    except MemoryError:
        answer = frames.Refused(
            reason="parser_memory",
            detail="Reading the file takes more memory than one document may use. Split it.",
        )
    except RecursionError:
        answer = frames.Refused(
            reason="too_deep",
            detail="The file is nested too deeply. Save it in a simpler form and add it again.",
        )
    except Exception as error:  # noqa: BLE001 - an untrusted file must never end more than its own job
        answer = frames.Refused(
            reason="parser_failed",
            detail=f"The file could not be read ({type(error).__name__}). "
            "Save it anew, or as PDF, and add that copy.",
        )
    frames.write(answers, answer)


def _allow_cpu(seconds: int) -> None:
    """Let the next file use this much processor time; the kernel ends the process beyond it.

    The parent's clock is the real limit. This one holds when the parent cannot act any more.
    """
    if seconds:
        used = resource.getrusage(resource.RUSAGE_SELF)
        ceiling = int(used.ru_utime + used.ru_stime) + 1 + seconds
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (ceiling, hard))


if __name__ == "__main__":
    main()
