"""Files that survive a power cut: whole or not there, and in folders that survive it too."""

import os
import secrets
import threading
from collections import OrderedDict
from io import FileIO
from pathlib import Path
from typing import IO

FOLDERS_MAX = 10_000
COMPARED_BYTES = 1 << 20


class DurableFolder:
    """A folder whose files are written once and for good. Safe to use from many threads.

    A file is written under a temporary name and renamed, so nobody ever sees half of one. A new
    name is on disk once the folder that holds it is synced, that of a new folder likewise. Folders
    whose names are known to be on disk are remembered, so most files cost two syncs.
    """

    def __init__(self, root: Path, *, folders_max: int = FOLDERS_MAX) -> None:
        self._root = root
        self._folders_max = folders_max
        self._lock = threading.Lock()
        self._entered: OrderedDict[Path, int] = OrderedDict()
        """Folders whose own names are on disk, each with its inode: one that was removed and made
        again under its name is another."""

    def keep(self, name: str, data: bytes) -> None:
        """Have the file `name` hold `data`, whatever happens after this returns.

        Where it holds them already nothing is written. It is synced all the same, since whoever
        wrote it may have been killed before that.

        Raises:
            OSError: the disk is full, or the folder is not there.
        """
        path = self._root / name
        if not _synced_as_it_is(path, data):
            _write(path, data)
        self._sync_folders(path.parent)

    def read(self, name: str) -> bytes:
        """What the file `name` holds.

        Raises:
            FileNotFoundError: there is none.
        """
        with FileIO(f"{self._root}/{name}") as file:
            return file.readall()

    def _sync_folders(self, folder: Path) -> None:
        """Sync the folder, and those above it up to the first whose name is known to be on disk."""
        synced: list[tuple[Path, int]] = []
        while True:
            inode = _sync_folder(folder)
            synced.append((folder, inode))
            if folder == self._root or self._entered.get(folder) == inode:
                break
            folder = folder.parent
        with self._lock:
            for path, number in synced:
                self._entered[path] = number
                self._entered.move_to_end(path)
            while len(self._entered) > self._folders_max:
                self._entered.popitem(last=False)


def _synced_as_it_is(path: Path, data: bytes) -> bool:
    """Whether the file holds just these bytes; then it is synced."""
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        return False
    with file:
        if not _holds(file, data):
            return False
        os.fsync(file.fileno())
        return True


def _holds(file: IO[bytes], data: bytes) -> bool:
    if os.fstat(file.fileno()).st_size != len(data):
        return False
    left = memoryview(data)
    while left:
        part = file.read(COMPARED_BYTES)
        if not part or part != left[: len(part)]:
            return False
        left = left[len(part) :]
    return True


def _write(path: Path, data: bytes) -> None:
    # obstore takes a file with such a name for one that is not finished, and doesn't list it.
    temporary = path.with_name(f"{path.name}#{secrets.randbelow(10**18)}")
    descriptor = _create(temporary)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _create(path: Path) -> int:
    """A new file, open for writing, and the folders on the way to it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def _sync_folder(path: Path) -> int:
    """Its inode."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_ino
    finally:
        os.close(descriptor)
