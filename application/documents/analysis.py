"""What the pipeline needs from text tools: Protocols and the values that cross them.

All of these are synchronous and may use a core for seconds; the jobs call them off the event loop.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.documents.results import Entity


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """Text as extracted, `\\n` line ends, no NUL; `pages` where the format has any."""

    text: str
    media_type: str
    pages: int | None = None


class Unextractable(Exception):  # noqa: N818 - named for what is the matter with the file
    """The file gives no text. `reason` is a stable code, `detail` tells a person what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Span(msgspec.Struct, frozen=True, array_like=True):
    """`[start, end)` in Unicode code points of the extracted text."""

    start: int
    end: int


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """`score` from 0 to 1 and the named flags that lowered it."""

    score: float
    flags: tuple[str, ...]


class MediaTypes(Protocol):
    """Tells what a file is from its content; the name only decides between texts."""

    def detect(self, data: bytes, *, filename: str | None) -> str:
        """The media type, one of those the extractor takes. Cheap: looks at the bytes only.

        Raises:
            Unextractable: unsupported, empty, or not what the file's name says.
        """
        ...


class Extractor(Protocol):
    """Turns a file into text, in a child process with a time and a memory limit."""

    def extract(self, data: bytes, *, media_type: str, filename: str | None) -> Extraction:
        """Extract the text of `data`.

        Raises:
            Unextractable: broken, encrypted, not what its name says, too slow, too large, empty.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def model(self) -> str:
        """Name and revision; part of every cache key."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """An array of shape `(len(texts), dimensions)`; rows have length 1, or 0 for no tokens."""
        ...


class TextAnalysis(Protocol):
    """What can be told about a text without any other document."""

    def language(self, text: str) -> str | None:
        """ISO 639-1 code, or None where it can't be told."""
        ...

    def chunks(self, text: str) -> list[Span]:
        """Cut the text into overlapping passages for retrieval; their union covers all words."""
        ...

    def quality(self, text: str, language: str | None) -> Assessment:
        """Score the text."""
        ...

    def keywords(self, text: str, language: str | None) -> tuple[str, ...]:
        """Keywords, best first, at most 12."""
        ...

    def entities(self, text: str, language: str | None) -> tuple[Entity, ...]:
        """Entities, most mentioned first, at most 50."""
        ...
