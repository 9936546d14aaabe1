"""The folder in which a drill works, with the PostgreSQL made for it.

Whatever ends a drill, its folder goes; where that was `kill -9`, the next drill sees to it. A drill
holds a lock on a file in its folder for as long as it lives: a folder with that file and nobody who
holds the lock is what a killed one left.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import rich_click as click

from infrastructure.embedded.errors import EmbeddedEngineError
from infrastructure.embedded.postgres import EmbeddedPostgres

PREFIX = "muniment-drill-"
MARKER = "drill.lock"
_STILL_WRITING_SECONDS = 5.0
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def made() -> Iterator[Path]:
    """A folder for a drill. Those that killed drills left are removed first."""
    before: dict[int, Any] = {each: signal.signal(each, _stop) for each in _STOPS}
    try:
        for left in _left_behind():
            _remove(left)
        root = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            with _held(root):
                yield root
        finally:
            undisturbed()
            _delete(root)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def undisturbed() -> None:
    """From here on nobody stops the cleaning up."""
    for each in _STOPS:
        signal.signal(each, signal.SIG_IGN)


@contextmanager
def _held(root: Path) -> Iterator[None]:
    """The marker appears with its lock held: nobody takes it for one that was left."""
    descriptor, name = tempfile.mkstemp(dir=root)
    with os.fdopen(descriptor) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        Path(name).replace(root / MARKER)
        yield


def _left_behind() -> Iterator[Path]:
    """Folders of drills that live no more; each stays locked until the next is asked for."""
    for root in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        if not _is_ours(root, stat.S_ISDIR) or not _is_ours(root / MARKER, stat.S_ISREG):
            continue
        with contextlib.suppress(OSError), (root / MARKER).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield root


def _is_ours(path: Path, is_kind: Any) -> bool:
    """Anybody may make things in the folder for temporary files: links lead nowhere from here."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.geteuid() and is_kind(found.st_mode)


def _remove(root: Path) -> None:
    """The server and then the files; the marker last, so that what is left is found once more."""
    try:
        EmbeddedPostgres(root).stop()
    except EmbeddedEngineError as error:
        click.echo(f"{root}: {error}", err=True)
        return
    for path in root.iterdir():
        if path.is_dir() and not path.is_symlink() and not _delete(path):
            return
    _delete(root)
    click.echo(f"removed what a drill that was killed left in {root}", err=True)


def _delete(folder: Path) -> bool:
    """Whether it is gone. What was making a server's files may go on writing for a bit."""
    end = time.monotonic() + _STILL_WRITING_SECONDS
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            time.sleep(0.1)
    return not folder.exists()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
