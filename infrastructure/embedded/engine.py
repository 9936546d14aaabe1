"""One engine's process: started apart from the terminal, found again, asked to end."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from infrastructure.embedded import account, errors

POLL_SECONDS = 0.02
_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR")


def spawn(command: Sequence[str], *, directory: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start an engine in `directory`, in a session of its own: Ctrl-C in a terminal misses it.

    It gets none of this process's settings: those hold secrets that are not for it.
    """
    lent = account.borrowed()
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    with log.open("ab") as output:
        log.chmod(0o600)
        return subprocess.Popen(  # noqa: S603 - the command is the wheel's own program
            list(command),
            cwd=directory,
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=lent.uid if lent else None,
            group=lent.gid if lent else None,
            extra_groups=[] if lent else None,
        )


def find(pid: int | None, *, program: str, directory: Path) -> psutil.Process | None:
    """The live process with this pid, if it really is `program` working in `directory`.

    A pid file outlives its process, and the number may belong to anybody by then.
    """
    if pid is None or pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith(program):
            return None
        return process if Path(process.cwd()).samefile(directory) else None
    except (psutil.Error, OSError):
        return None


def own(child: subprocess.Popen[bytes] | None) -> psutil.Process | None:
    """The process this object started, while it lives, whatever its pid file says."""
    if child is None or child.poll() is not None:
        return None
    return psutil.Process(child.pid)


def end(process: psutil.Process, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, giving the process its seconds to end after each."""
    for step, patience_seconds in steps:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(step)
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(patience_seconds)
            return
    raise errors.EmbeddedEngineError(f"process {process.pid} does not end")


def wait(ready: Callable[[], bool], *, alive: Callable[[], bool], seconds: float) -> bool:
    """Poll until ready. False when the process has ended or the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if not alive():
            return False
        time.sleep(POLL_SECONDS)
    return False


def last_words(log: Path, since: int = 0) -> str:
    """The last telling line written to an engine's log after byte `since`."""
    try:
        lines = log.read_bytes()[since:].decode(errors="replace").splitlines()
    except OSError:
        return "no log"
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR"))]
    return ([*lines[-1:], *telling[-1:]] or ["it wrote nothing"])[-1].strip()
