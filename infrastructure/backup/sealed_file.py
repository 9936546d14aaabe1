"""Files of a backup, encrypted as they are written and proven as they are read.

`MUNIBAK1`, a salt of 32 bytes, then chunks: each at most 256 KiB of content under AES-256-GCM with
its tag of 16 bytes. The nonce of a chunk is its number (11 bytes, big-endian, from 0) and a byte
that is 1 for the last chunk alone; every chunk but the last is full. What is authenticated beside
it is the file's name. So no chunk can be changed, left out, doubled, moved, or put into another
file, and a file that was cut off is known as such.
"""

import io
import os
from hashlib import sha256
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infrastructure.backup.keys import BackupKey

MAGIC = b"MUNIBAK1"
SALT_BYTES = 32
CHUNK_BYTES = 256 * 2**10
TAG_BYTES = 16


class BackupDamaged(Exception):  # noqa: N818 - named for what is the matter
    """A file of the backup is missing, is not what was written, or has another key."""


class SealingWriter(io.RawIOBase):
    """Encrypts what is written to it into a file. Only `finish` makes it whole."""

    def __init__(self, out: BinaryIO, key: BackupKey, name: str) -> None:
        super().__init__()
        salt = os.urandom(SALT_BYTES)
        self._out, self._about = out, _about(name)
        self._cipher = AESGCM(key.of_file(salt))
        self._hash = sha256()
        self._left = bytearray()
        self._number = self.size = 0
        self._emit(MAGIC + salt)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override] # any buffer would do
        """Take in all of it."""
        self._left += data
        while len(self._left) > CHUNK_BYTES:
            self._seal(bytes(self._left[:CHUNK_BYTES]), last=False)
            del self._left[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> bytes:
        """Write the last chunk; the sha256 of the whole file."""
        self._seal(bytes(self._left), last=True)
        return self._hash.digest()

    def _seal(self, content: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._number += 1
        self._emit(self._cipher.encrypt(nonce, content, self._about))

    def _emit(self, octets: bytes) -> None:
        self._hash.update(octets)
        self.size += len(octets)
        self._out.write(octets)


class SealedReader(io.RawIOBase):
    """The content of a file, each chunk given out once it is proven."""

    def __init__(self, file: BinaryIO, key: BackupKey, name: str) -> None:
        """Raises BackupDamaged where the file doesn't begin as one of a backup."""
        super().__init__()
        self._file, self._name, self._about = file, name, _about(name)
        head = _exactly(file, len(MAGIC) + SALT_BYTES)
        if len(head) < len(MAGIC) + SALT_BYTES or not head.startswith(MAGIC):
            raise BackupDamaged(f"{name} is no file of a backup")
        self._cipher = AESGCM(key.of_file(head[len(MAGIC) :]))
        self._ahead = _exactly(file, CHUNK_BYTES + TAG_BYTES)
        self._content = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override] # any buffer would do
        """Raises BackupDamaged at the first chunk that is not what was written."""
        while not self._content and not self._ended:
            self._open()
        given = self._content[: len(buffer)]
        buffer[: len(given)] = given
        self._content = self._content[len(given) :]
        return len(given)

    def _open(self) -> None:
        sealed, self._ahead = self._ahead, _exactly(self._file, CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._ahead
        nonce = _nonce(self._number, last=self._ended)
        self._number += 1
        try:
            self._content = memoryview(self._cipher.decrypt(nonce, sealed, self._about))
        except (InvalidTag, ValueError) as error:
            raise BackupDamaged(
                f"{self._name} is not what was written, or MUNIMENT_BACKUP_KEY is another one"
            ) from error


def sealed(content: bytes, key: BackupKey, name: str) -> bytes:
    """A whole file."""
    out = io.BytesIO()
    writer = SealingWriter(out, key, name)
    writer.write(content)
    writer.finish()
    return out.getvalue()


def opened(octets: bytes, key: BackupKey, name: str) -> bytes:
    """The content of a whole file.

    Raises:
        BackupDamaged: it is not what was written under that name with that key.
    """
    return SealedReader(io.BytesIO(octets), key, name).readall() or b""


def _about(name: str) -> bytes:
    return MAGIC + name.encode()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _exactly(file: BinaryIO, size: int) -> bytes:
    """So many bytes, fewer only at the end."""
    parts: list[bytes] = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
