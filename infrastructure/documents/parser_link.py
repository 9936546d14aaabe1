"""One parser child: its process, its pipes, and what its end means for the file it had."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import infrastructure
from infrastructure.documents import frames

_START_LIMIT_SECONDS = 30.0
_EXIT_LIMIT_SECONDS = 5.0


class ParserUnavailable(RuntimeError):  # noqa: N818 - named for what is the matter
    """The parser process does not start. This is the installation's fault, not the file's."""


class Child:
    """One child process and the pipe to it."""

    def __init__(self, memory_limit_bytes: int) -> None:
        self.asked = 0
        self.spent = False
        self._lifeline, self._process = _started(memory_limit_bytes)
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)
        try:
            with self._deadline(_START_LIMIT_SECONDS):
                frames.read_answer(self._from)
        except frames.Closed as error:
            self.end()
            raise ParserUnavailable(
                f"the parser process did not start (exit {self._process.returncode})"
            ) from error

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, data: bytes, media_type: str, *, time_limit_seconds: float) -> frames.Answer:
        """Have one file read. Whatever happens to the child, the answer is about the file."""
        self.asked += 1
        self.spent = True  # until it has answered: an interrupted child is out of step
        request = frames.Request(
            data=data, media_type=media_type, cpu_seconds=int(time_limit_seconds) + 1
        )
        with self._deadline(time_limit_seconds) as late:
            try:
                frames.write(self._to, request)
                answer = frames.read_answer(self._from)
            except (frames.Closed, BrokenPipeError):
                self._process.kill()
                return self._epitaph(timed_out=late.is_set(), limit=time_limit_seconds)
        # A heap that was full once is not trusted again.
        full = isinstance(answer, frames.Refused) and answer.reason == "parser_memory"
        self.spent = full or late.is_set()
        return answer

    def end(self) -> None:
        """Kill the child, idle or not, and collect it."""
        self._process.kill()
        self._process.wait(_EXIT_LIMIT_SECONDS)
        os.close(self._lifeline)
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):
                stream.close()

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Iterator[threading.Event]:
        """Kill the child if the block takes longer; the event tells that it did."""
        late = threading.Event()

        def expire() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    def _epitaph(self, *, timed_out: bool, limit: float) -> frames.Refused:
        code = self._process.wait(_EXIT_LIMIT_SECONDS)
        if timed_out or code == -signal.SIGXCPU:
            return frames.Refused(
                reason="parser_timeout",
                detail=f"Reading the file took longer than {limit:g} seconds. "
                "Split it, or save it in a simpler form, and add it again.",
            )
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        return frames.Refused(
            reason="parser_crashed",
            detail=f"The parser ended while reading the file ({how}). Save the file anew, "
            "or as PDF, and add that copy.",
        )


def _started(memory_limit_bytes: int) -> tuple[int, subprocess.Popen[bytes]]:
    """Our end of the lifeline, and the process that ends when it is closed."""
    inherited, lifeline = os.pipe()
    module = "infrastructure.documents.parser_child"
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", module, str(memory_limit_bytes), str(inherited)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(inherited,),
            env=_environment(),
            cwd="/",
        )
    except OSError as error:
        os.close(lifeline)
        raise ParserUnavailable(f"the parser process did not start ({error})") from error
    finally:
        os.close(inherited)
    return lifeline, process


def _environment() -> dict[str, str]:
    """What a child needs to import this project and nothing of what the worker knows."""
    packages = Path(infrastructure.__file__).resolve().parent.parent
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(packages),
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",  # numpy comes in with the ports; its threads are not used
    }
