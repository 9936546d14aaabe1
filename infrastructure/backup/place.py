"""Where backups are kept: a folder or an object store, as files by name."""

import contextlib
import io
import os
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import obstore
from obstore.store import LocalStore, from_url

from infrastructure.backup.sealed_file import BackupDamaged

READ_BYTES = 2**20
_HALF_WRITTEN = re.compile(r".*#\d+")
"""What obstore calls a local file that it has not finished."""


class Place:
    """Files at a URL: `file:///folder`, `s3://bucket/prefix`, `gs://…`, `az://…`.

    Access to object stores is configured by their own usual environment variables (`AWS_…`).
    """

    def __init__(self, url: str) -> None:
        """Open it; a local folder is made if it is not there yet."""
        self._store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)
        local = self._store if isinstance(self._store, LocalStore) else None
        self._folder: Path | None = local.prefix if local else None
        if self._folder is not None:
            self._folder.chmod(0o700)

    def put(self, name: str, file: BinaryIO) -> None:
        """Keep what is left of a file durably under a name; it appears there as a whole."""
        obstore.put(self._store, name, file)
        if self._folder is not None:
            _sync(self._folder / name)
            for parent in PurePosixPath(name).parents:
                _sync(self._folder / parent)

    def read(self, name: str) -> BinaryIO:
        """A file from its beginning.

        Raises:
            BackupDamaged: there is none.
        """
        try:
            found = obstore.get(self._store, name)
        except FileNotFoundError as error:
            raise BackupDamaged(f"{name} is missing") from error
        parts = (bytes(part) for part in found.stream(min_chunk_size=READ_BYTES))
        return cast("BinaryIO", io.BufferedReader(_Parts(parts), READ_BYTES))

    def digest(self, name: str) -> bytes:
        """The sha256 of a file. Raises BackupDamaged as `read`."""
        digest = sha256()
        file = self.read(name)
        while part := file.read(READ_BYTES):
            digest.update(part)
        return digest.digest()

    def names(self, prefix: str) -> Iterator[str]:
        """Every file below a folder."""
        for page in obstore.list(self._store, prefix):
            yield from (each["path"] for each in page)

    def remove(self, name: str) -> None:
        """Let go of a file; nothing happens where there is none."""
        try:
            obstore.delete(self._store, name)
        except FileNotFoundError:
            return

    def remove_all(self, prefix: str) -> None:
        """Let go of a folder with all that is in it."""
        for name in list(self.names(prefix)):
            self.remove(name)
        if self._folder is not None:
            shutil.rmtree(self._folder / prefix, ignore_errors=True)

    def remove_half_written(self, prefix: str) -> None:
        """Let go of local files that a killed process had in hand, and of folders left empty."""
        if self._folder is None:
            return
        for path in sorted((self._folder / prefix).rglob("*"), reverse=True):  # what is in it first
            if path.is_dir():
                with contextlib.suppress(OSError):  # there is something in it
                    path.rmdir()
            elif _HALF_WRITTEN.fullmatch(path.name):
                path.unlink(missing_ok=True)


class _Parts(io.RawIOBase):
    """Parts of bytes as one file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        super().__init__()
        self._parts = parts
        self._part = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override] # any buffer would do
        while not self._part:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._part = memoryview(part)
        given = self._part[: len(buffer)]
        buffer[: len(given)] = given
        self._part = self._part[len(given) :]
        return len(given)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
