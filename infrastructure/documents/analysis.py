"""What can be told about one text: the text tools put together as one port."""

from application.documents.analysis import Assessment, Span
from domain.documents.results import Entity
from infrastructure.documents import chunking, entities, keywords, quality
from infrastructure.documents.chunking import Chunker
from infrastructure.documents.language import LanguageDetector

ANALYSED_CHARACTERS = 300_000
"""About 120 pages: quality, keywords and entities are told from these, the first, in at most a few
seconds whatever the text. Language looks at samples of the whole; passages cover all of it."""


class StatisticalAnalysis:
    """A `TextAnalysis` that computes everything here, with no service and no trained model of
    names or terms. The same text always gives the same findings. Safe to use from many threads.
    """

    def __init__(
        self,
        *,
        chunk_size_characters: int = chunking.SIZE_CHARACTERS,
        chunk_overlap_characters: int = chunking.OVERLAP_CHARACTERS,
    ) -> None:
        """A passage has at most the size; neighbours share at most the overlap."""
        self._chunker = Chunker(chunk_size_characters, chunk_overlap_characters)
        self._languages = LanguageDetector()

    def language(self, text: str) -> str | None:
        """ISO 639-1 code, or None where it can't be told."""
        return self._languages.detect(text)

    def chunks(self, text: str) -> list[Span]:
        """Passages in order; their union covers all words."""
        return self._chunker.chunks(text)

    def quality(self, text: str, language: str | None) -> Assessment:
        """Score the text; see `quality` for the flags and where their figures come from."""
        return quality.assess(text[:ANALYSED_CHARACTERS], language)

    def keywords(self, text: str, language: str | None) -> tuple[str, ...]:
        """Keywords, best first, at most 12."""
        return keywords.keywords(text[:ANALYSED_CHARACTERS], language)

    def entities(self, text: str, language: str | None) -> tuple[Entity, ...]:
        """Entities, most mentioned first, at most 50."""
        return entities.entities(text[:ANALYSED_CHARACTERS], language)
