"""What a file of an export states, line by line, whatever its format. Needs no database."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple, NoReturn, Protocol

import msgspec

from infrastructure.audit import manifest as manifests
from infrastructure.audit.manifest import Manifest, StatedSeal
from infrastructure.event_log.canonical import Row
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.log_file_lines import Unfit


class Stated(NamedTuple):
    """An event, as a file states it."""

    tenant_id: bytes
    digest_before: bytes
    row: Row
    """With empty data where that is withheld."""
    withheld: bool
    seal: StatedSeal | None


class Reader(Protocol):
    """A file that is read once, from its beginning."""

    manifests: list[Manifest]
    """All of its manifests, read beforehand."""

    def __iter__(self) -> Iterator[Stated | Manifest]:
        """Its events and manifests, as they come.

        Raises:
            Unfit: something in it can't be understood.
        """
        ...

    @property
    def content_sha256(self) -> bytes:
        """What the manifest that was last read must say of its content."""
        ...


Written = Callable[[Manifest], bytes]


class Content:
    """The sha256 of each part of a file that is made of records.

    A part begins where its manifest says that its events begin: what stands before it, of a
    download that was cut, is no part of it.
    """

    def __init__(self, starts: frozenset[int]) -> None:
        """`starts` are the first positions of all parts that have a manifest."""
        self._starts = starts
        self._open = sha256()
        self._heading = b""
        self.sha256 = b""
        """Of the part whose manifest was read last."""

    def heading(self, octets: bytes) -> None:
        """A record that names the columns."""
        self._heading = octets
        self._open.update(octets)

    def event(self, position: int, octets: bytes) -> None:
        """A record of an event."""
        if position in self._starts:
            self._open = sha256(self._heading)
        self._heading = b""
        self._open.update(octets)

    def manifest(self, manifest: Manifest) -> None:
        """The record of a manifest; one of no events has no more than a heading before it."""
        whole = self._open if manifest.events else sha256(self._heading)
        self.sha256 = whole.digest()
        self._open, self._heading = sha256(), b""


def read_manifest(told: bytes, where: str, octets: bytes, written: Written) -> Manifest:
    """A manifest of a known version.

    Args:
        told: the manifest as JSON.
        where: its place in the file.
        octets: all that stands there.
        written: what must stand there, made from the manifest: nothing but what is signed.

    Raises:
        Unfit: it is none.
    """
    try:
        found = manifests.decoder.decode(told)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        refuse(where, f"the manifest can't be understood: {error}", error)
    if found.format_version != manifests.FORMAT_VERSION:
        refuse(where, f"the manifest is of version {found.format_version}, which is not known")
    if written(found) != octets:
        refuse(where, "the manifest is not written as it must be")
    return found


def refuse(where: str, told: str, cause: Exception | None = None) -> NoReturn:
    """Raise what is wrong with a place in a file."""
    raise Unfit(Finding(kind="file", position=None, detail=f"{where}: {told}")) from cause
