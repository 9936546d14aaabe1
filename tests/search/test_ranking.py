"""Words are ranked by BM25, in numbers, whatever languages a tenant's documents are in."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.documents import search, terms
from tests.search import library, reference
from tests.search.conftest import Tell
from tests.search.library import Library
from tests.servers import Database


def test_every_dictionary_in_use_belongs_to_the_server(search_database: Database) -> None:
    with psycopg.connect(search_database.app_url) as connection:
        rows = connection.execute("SELECT dictname FROM pg_ts_dict").fetchall()
    assert set(terms.DICTIONARIES) <= {name for (name,) in rows}


# No dictionary changes these or takes one for a stop word.
WORDS = st.sampled_from(["qxb", "qxc", "qxd", "qxf", "qxg"])
LANGUAGES = st.sampled_from([None, "en", "de"])


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(
        st.tuples(st.lists(WORDS, min_size=1, max_size=12), LANGUAGES), min_size=1, max_size=5
    ),
    asked=st.lists(WORDS, min_size=1, max_size=6),
)
def test_words_are_ranked_by_bm25_over_all_languages(
    tell: Tell, texts: list[tuple[list[str], str | None]], asked: list[str]
) -> None:
    async def story(lib: Library) -> dict[str, float]:
        tenant = library.tenant()
        for number, (text, language) in enumerate(texts):
            await lib.add(tenant, f"{number}", " ".join(text), language=language)
        lib.catch_up(tenant)
        found = await lib.search(tenant, " ".join(asked), mode="lexical", limit=50)
        return {each.title: each.score for each in found}

    passages = [[*text, *terms.pairs(text), str(number)] for number, (text, _) in enumerate(texts)]
    pairs = list(terms.pairs(asked))
    scores = reference.bm25(
        passages, [*asked, *pairs], weights=dict.fromkeys(pairs, search.PAIR_WEIGHT)
    )
    reachable = sum(
        reference.idf(len(texts), sum(word in text for text, _ in texts))
        for word in dict.fromkeys(asked)
    )
    expected = {str(number): score / reachable for number, score in enumerate(scores) if score > 0}
    assert tell(story) == pytest.approx(expected)
