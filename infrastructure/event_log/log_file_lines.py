"""The lines of an exported log, read one by one, none larger than a limit, and written."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec
import zstandard

from infrastructure.event_log import log_file
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.log_file import Line, Manifest

_BUFFER_BYTES = 2**20


class Unfit(Exception):  # noqa: N818 - named for what is the matter
    """The file is damaged, or not what it says it is."""

    def __init__(self, finding: Finding) -> None:
        where = "" if finding.position is None else f"position {finding.position}: "
        super().__init__(f"{where}{finding.kind}: {finding.detail}")
        self.finding = finding


class Lines:
    """Gives line after line; knows the sha256 of all before the manifest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._content = sha256()
        self._number = 0

    @property
    def content_sha256(self) -> bytes:
        """Of every byte read so far, the manifest left out."""
        return self._content.digest()

    def next(self) -> Line | None:
        """The next line; None at the end of the file.

        Raises:
            Unfit: it can't be read.
        """
        self._number += 1
        try:
            octets = self._file.readline(log_file.LINE_BYTES_MAX + 1)
        except (OSError, zstandard.ZstdError) as error:
            self.refuse(f"it can't be read on: {error}", error)
        if not octets:
            return None
        if not octets.endswith(b"\n"):
            self.refuse("the line is cut off, or too long")
        try:
            line: Line = log_file.decoder.decode(octets)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self.refuse(f"the line can't be understood: {error}", error)
        if not isinstance(line, Manifest):
            self._content.update(octets)
        return line

    def refuse(self, told: str, cause: Exception | None = None) -> NoReturn:
        """Raise what is wrong with the line that was last read."""
        detail = f"line {self._number}: {told}"
        raise Unfit(Finding(kind="file", position=None, detail=detail)) from cause


class LineWriter:
    """Writes lines and remembers the sha256 of all of them."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._content = sha256()

    def write(self, lines: Sequence[Line]) -> None:
        """One behind the other."""
        octets = log_file.encoder.encode_lines(lines)
        self._content.update(octets)
        self._out.write(octets)

    @property
    def content_sha256(self) -> bytes:
        """Of every byte written so far."""
        return self._content.digest()


@contextmanager
def opened(path: Path) -> Iterator[Lines]:
    """The lines of a file."""
    with path.open("rb") as file, reading(file) as lines:
        yield lines


@contextmanager
def reading(file: BinaryIO) -> Iterator[Lines]:
    """The lines of a file that is open."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=log_file.WINDOW_BYTES_MAX)
    with decompressor.stream_reader(file, read_across_frames=True) as stream:
        yield Lines(io.BufferedReader(stream, _BUFFER_BYTES))
