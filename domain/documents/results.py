"""What each stage found out. Large findings (text, chunks) are blobs; these hold their sha256."""

import msgspec


class IngestionResult(msgspec.Struct, frozen=True, kw_only=True, tag="INGESTION"):
    """The text of the document. `text_sha256` names the UTF-8 text among the blobs.

    `characters` counts Unicode code points; `language` is an ISO 639-1 code or None where the
    text is too short or mixed to tell.
    """

    text_sha256: str
    characters: int
    media_type: str
    language: str | None
    pages: int | None = None


class QualityResult(msgspec.Struct, frozen=True, kw_only=True, tag="QUALITY"):
    """How usable the text is: `score` from 0 (useless) to 1, and the flags that lowered it."""

    score: float
    flags: tuple[str, ...] = ()


class TaxonomyResult(msgspec.Struct, frozen=True, kw_only=True, tag="TAXONOMY"):
    """The keywords taken from the text, best first."""

    keywords: tuple[str, ...] = ()


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """Something the text names. `key` is its normalised form, equal across documents."""

    kind: str
    name: str
    key: str
    mentions: int


class GraphResult(msgspec.Struct, frozen=True, kw_only=True, tag="GRAPH"):
    """The entities of the text, most mentioned first; documents that share one are linked."""

    entities: tuple[Entity, ...] = ()


class EmbeddingResult(msgspec.Struct, frozen=True, kw_only=True, tag="EMBEDDING"):
    """How the text was cut and embedded.

    `chunks_sha256` names the list of `[start, end)` offsets among the blobs.
    """

    model: str
    dimensions: int
    chunks: int
    chunks_sha256: str


StageResult = IngestionResult | QualityResult | TaxonomyResult | GraphResult | EmbeddingResult
