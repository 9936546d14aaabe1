"""All sets at one place: read and proven, added to, let go of."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

import msgspec
import zstandard

from infrastructure.backup import sealed_file
from infrastructure.backup.keys import BackupKey
from infrastructure.backup.manifest import FORMAT, File, KeptBlob, Manifest
from infrastructure.backup.place import Place
from infrastructure.backup.sealed_file import BackupDamaged, SealedReader, SealingWriter

SETS = "sets"
BLOBS = "blobs"
_MANIFEST = "manifest"

Line = TypeVar("Line", bound=msgspec.Struct)


class NoSuchSet(Exception):  # noqa: N818 - named for what is the matter
    """The place has no such set."""


class Set(NamedTuple):
    """One set, its manifest proven."""

    manifest: Manifest
    sha256: bytes
    """Of its manifest's file."""


class Collection:
    """Sets at a place, under one key."""

    def __init__(self, place: Place, key: BackupKey) -> None:
        self.place, self.key = place, key

    def sets(self) -> list[Set]:
        """Every set that is complete, oldest first.

        Raises:
            BackupDamaged: a manifest is not what was written, or the key is another one.
        """
        names = [name for name in self.place.names(SETS) if name.endswith(f"/{_MANIFEST}")]
        return sorted(map(self._read, names), key=lambda each: each.manifest.made_at)

    def chain(self, last: Set, sets: Iterable[Set]) -> list[Set]:
        """A set with all that it builds on, the full one first.

        Raises:
            BackupDamaged: one is missing, or is another than it was.
        """
        by_id = {each.manifest.set_id: each for each in sets}
        found = [last]
        while parent := found[0].manifest.parent:
            before = by_id.get(parent.set_id)
            if before is None or before.sha256 != parent.sha256:
                raise BackupDamaged(f"the set {parent.set_id} is missing, or not what it was")
            found.insert(0, before)
        return found

    def add(self, manifest: Manifest) -> None:
        """From here on the set counts."""
        name = f"{SETS}/{manifest.set_id}/{_MANIFEST}"
        with self.writing(name) as written:
            written.out.write(msgspec.json.encode(manifest))

    def remove(self, manifest: Manifest) -> None:
        """It counts no more, and then its files go."""
        self.place.remove(f"{SETS}/{manifest.set_id}/{_MANIFEST}")
        self.place.remove_all(f"{SETS}/{manifest.set_id}")

    def remove_unfinished(self) -> list[str]:
        """What a create that was killed left behind; the ids of those sets."""
        names = list(self.place.names(SETS))
        ids = {name.split("/")[1] for name in names}
        whole = {name.split("/")[1] for name in names if name.endswith(f"/{_MANIFEST}")}
        for set_id in sorted(ids - whole):
            self.place.remove_all(f"{SETS}/{set_id}")
        self.place.remove_half_written(SETS)
        self.place.remove_half_written(BLOBS)
        return sorted(ids - whole)

    @contextmanager
    def writing(self, name: str) -> "Iterator[Written]":
        """A file that appears under its name at the end, encrypted before it touches any disk."""
        with tempfile.TemporaryFile() as local:  # it has no name: nothing of it outlives a kill
            sealing = SealingWriter(cast("BinaryIO", local), self.key, name)
            written = Written(cast("BinaryIO", sealing))
            yield written
            digest = sealing.finish()
            local.seek(0)
            self.place.put(name, cast("BinaryIO", local))
        written.file = File(name=name, sha256=digest, size=sealing.size)

    def write_lines(self, name: str, lines: Iterable[msgspec.Struct]) -> File:
        """A file of JSON lines under zstd."""
        encoder = msgspec.json.Encoder()
        with (
            self.writing(name) as written,
            zstandard.ZstdCompressor().stream_writer(written.out, closefd=False) as out,
        ):
            for line in lines:
                out.write(encoder.encode(line) + b"\n")
        return written.whole

    def read_lines(self, file: File, kind: type[Line]) -> Iterator[Line]:
        """What `write_lines` was given. Raises BackupDamaged."""
        decoder = msgspec.json.Decoder(kind)
        with self.reading(file.name) as content:
            stream = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True)
            for line in io.BufferedReader(cast("Any", stream)):
                yield decoder.decode(line)

    @contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """The content of a file. Raises BackupDamaged as soon as it is known."""
        with self.place.read(name) as file:
            sealed = SealedReader(file, self.key, name)
            yield cast("BinaryIO", io.BufferedReader(sealed, sealed_file.CHUNK_BYTES))

    def prove(self, manifest: Manifest, proven: Callable[[int], None]) -> None:
        """Hold every file of a set, blobs left out, against its manifest.

        Raises:
            BackupDamaged: one is missing, or not what was written.
        """
        for file in manifest.files:
            if self.place.digest(file.name) != file.sha256:
                raise BackupDamaged(f"{file.name} is not what was written")
            proven(1)

    def blobs(self, chain: Iterable[Set]) -> Iterator[KeptBlob]:
        """All that the sets of a chain name."""
        for each in chain:
            yield from self.read_lines(each.manifest.blobs, KeptBlob)

    def _read(self, name: str) -> Set:
        with self.place.read(name) as file:
            octets = file.read()
        content = sealed_file.opened(octets, self.key, name)
        try:
            manifest = msgspec.json.decode(content, type=Manifest)
        except msgspec.MsgspecError as error:
            raise BackupDamaged(f"{name} is of another version of Muniment: {error}") from error
        if manifest.format != FORMAT:
            raise BackupDamaged(f"{name} has the format {manifest.format}, which is not known here")
        return Set(manifest, sha256(octets).digest())


class Written:
    """A file being written, and what it is once it is there."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.file: File | None = None

    @property
    def whole(self) -> File:
        """Only behind the `with` that it was written in."""
        if self.file is None:
            raise RuntimeError("the file is not finished")
        return self.file


def chosen(sets: list[Set], set_id: str | None) -> Set:
    """The one of an id, or of the beginning of one; the newest where none is named.

    Raises:
        NoSuchSet: there is none, or more than one begins so.
    """
    found = [each for each in sets if set_id is None or each.manifest.set_id.startswith(set_id)]
    if not found:
        raise NoSuchSet("there is no backup here" if set_id is None else f"no set {set_id!r}")
    if set_id is not None and len(found) > 1:
        raise NoSuchSet(f"more than one set begins with {set_id!r}")
    return found[-1]
