"""Finds passages by their words, by their meaning, or by both.

The words are ranked by BM25, exactly, from the frequencies that each passage carries; the meaning
by an exact scan of the vectors. Their sum beats either alone; a fusion of ranks would not, since
where one of the two knows nothing (a small model and Arabic) its ranks still count.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from application.documents import words
from application.documents.passages import Passage
from domain.ids import Position, TenantId
from infrastructure.database import Database
from infrastructure.documents.vectors import EmbeddingCache
from infrastructure.sql import Queries
from projections.documents import terms

SQL = Queries(__package__, "search.sql")

Mode = Literal["hybrid", "lexical", "vector"]

WORDS_MAX = 32
"""Of a longer query the first words count; the time that ranking takes grows with them."""

COSINE_WEIGHT = 0.35
PAIR_WEIGHT = 0.15
"""Both measured on XQuAD in English, Arabic, German and Vietnamese: with these, words and meaning
together rank no worse than the better of the two in any of them."""

PRESENT = Position(2**62)
"""After every real position: whatever the index has."""

FIRST_PAIR = 1_000  # tokens of words are below


async def search(
    database: Database,
    vectors: EmbeddingCache,
    tenant_id: TenantId,
    query: str,
    *,
    limit: int,
    mode: Mode,
    knowledge_base_id: UUID | None = None,
    as_of: Position = PRESENT,
) -> list[Passage]:
    """The best passages of a tenant, best first.

    As of a position that the index has passed, they are what a search at that time found, with
    its scores: words are as rare as they were among the passages of then.

    Modes `hybrid` and `vector` give `limit` passages whenever there are so many; `lexical` those
    with a word of the query in them. A query without any letter or digit finds nothing.
    """
    asked = words.of(query)[:WORDS_MAX]
    if not asked:
        return []
    parameters: dict[str, Any] = {
        "limit": limit,
        "knowledge_base_id": knowledge_base_id,
        "as_of": as_of,
        "model": vectors.model,
        "embedding": None if mode == "lexical" else await vectors.embed_query(query),
    }
    if mode == "vector":
        rows = await database.rows(tenant_id, SQL["nearest"], parameters, _Row)
    else:
        parameters["cosine_weight"] = 0 if mode == "lexical" else COSINE_WEIGHT
        parameters["unmatched"] = mode == "hybrid"
        parameters |= _asked_terms(await _lexemes(database, tenant_id, asked, as_of))
        rows = await database.rows(tenant_id, SQL["fused"], parameters, _Row)
    return [_passage(row) for row in rows]


class _Row(NamedTuple):
    document_id: UUID
    title: str
    number: int
    text: str
    span_start: int
    span_end: int
    score: float


class _Lexemes(NamedTuple):
    """What a dictionary makes of the word at a place in the query; nothing of a stop word."""

    dictionary: str
    place: int
    lexemes: list[str]


async def _lexemes(
    database: Database, tenant_id: TenantId, asked: Sequence[str], as_of: Position
) -> list[_Lexemes]:
    parameters = {
        "dictionaries": list(terms.DICTIONARIES),
        "words": asked,
        "simple": terms.SIMPLE,
        "as_of": as_of,
    }
    return await database.rows(tenant_id, SQL["lexize"], parameters, _Lexemes)


def _asked_terms(found: Sequence[_Lexemes]) -> dict[str, list[Any]]:
    """The query's terms in every dictionary present, as columns of the query `fused`.

    A token stands for one place of the query in all dictionaries, so that a word is as rare as it
    is among all passages, whatever language each is in.
    """
    columns: dict[str, list[Any]] = {
        name: [] for name in ("asked_dictionaries", "tokens", "weights", "terms")
    }
    for dictionary in {row.dictionary: None for row in found}:
        tokens = _tokens([row for row in found if row.dictionary == dictionary])
        for term, (token, weight) in tokens.items():
            columns["asked_dictionaries"].append(dictionary)
            columns["tokens"].append(token)
            columns["weights"].append(weight)
            columns["terms"].append(terms.sparse(Counter([term])))
    return columns


def _tokens(rows: Sequence[_Lexemes]) -> dict[str, tuple[int, float]]:
    """Token and weight of each different term that one dictionary makes of the query."""
    lexemes = [(row.place, lexeme) for row in rows for lexeme in row.lexemes]
    tokens: dict[str, tuple[int, float]] = {}
    for place, lexeme in lexemes:
        tokens.setdefault(lexeme, (place, 1.0))
    pairs = terms.pairs([lexeme for _, lexeme in lexemes])
    for (place, _), pair in zip(lexemes, pairs, strict=False):
        tokens.setdefault(pair, (FIRST_PAIR + place, PAIR_WEIGHT))
    return tokens


def _passage(row: _Row) -> Passage:
    return Passage(
        document_id=row.document_id,
        title=row.title,
        chunk_id=uuid5(row.document_id, str(row.number)),
        text=row.text,
        start=row.span_start,
        end=row.span_end,
        score=row.score,
    )
