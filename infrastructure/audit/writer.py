"""What a format of exports is, and what those made of lines have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from infrastructure.audit.exported import Exported
from infrastructure.audit.manifest import Manifest


class Writer(Protocol):
    """A format of exports: what the parts of a file become."""

    def begin(self) -> bytes:
        """What stands before the first event."""
        ...

    def page(self, events: Sequence[Exported]) -> bytes:
        """What some events become; may hold some of it back until later."""
        ...

    @property
    def content_sha256(self) -> bytes:
        """What the manifest says of all before it."""
        ...

    def end(self, manifest: Manifest) -> bytes:
        """All that is left, with the manifest."""
        ...


class Lines(ABC):
    """A file of lines: an event is one or more, the manifest comes last."""

    def __init__(self) -> None:
        self._content = sha256()

    def begin(self) -> bytes:
        """What stands before the first event."""
        return self._counted(self.heading())

    def page(self, events: Sequence[Exported]) -> bytes:
        """The lines of some events."""
        return self._counted(self.lines(events))

    @property
    def content_sha256(self) -> bytes:
        """Of every byte so far."""
        return self._content.digest()

    def end(self, manifest: Manifest) -> bytes:
        """The last line."""
        return self.trailer(manifest)

    def heading(self) -> bytes:
        """The first line, where there is one."""
        return b""

    @abstractmethod
    def lines(self, events: Sequence[Exported]) -> bytes:
        """The lines of some events."""

    @abstractmethod
    def trailer(self, manifest: Manifest) -> bytes:
        """The line of the manifest."""

    def _counted(self, octets: bytes) -> bytes:
        self._content.update(octets)
        return octets
