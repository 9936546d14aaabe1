"""How a child process learns at once that its parent is gone, even by `kill -9`.

The parent holds the write end of a pipe and writes nothing; the system closes it with the parent.
"""

import os
import signal
import threading

_GRACE_SECONDS = 20.0


class Lifeline:
    """The parent's end. Hand `child_end` to each child by number; keep this object alive."""

    def __init__(self) -> None:
        self.child_end, self._parent_end = os.pipe()

    def close(self) -> None:
        os.close(self.child_end)
        os.close(self._parent_end)


def watch(child_end: int, grace_seconds: float = _GRACE_SECONDS) -> None:
    """End this process gracefully when the parent goes, and its whole group if that takes long."""
    os.set_inheritable(child_end, False)
    threading.Thread(
        target=_wait, args=(child_end, grace_seconds), name="lifeline", daemon=True
    ).start()


def _wait(child_end: int, grace_seconds: float) -> None:
    while os.read(child_end, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(grace_seconds)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
