"""No passage is embedded twice in a tenant, and losing the cache loses nothing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from infrastructure.documents import vectors
from tests.search import library
from tests.search.conftest import Tell
from tests.search.library import EMBEDDER, Library
from tests.servers import Database

PASSAGES = [f"Passage number {number} is about subject {number % 7}." for number in range(70)]


class CountingEmbedder:
    """The real embedder, with a note of how many texts came at a time."""

    model = EMBEDDER.model
    dimensions = EMBEDDER.dimensions

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(len(texts))
        return EMBEDDER.embed(texts)


def test_only_what_is_missing_is_embedded_in_small_batches(
    search_database: Database, tmp_path: Path
) -> None:
    embedder = CountingEmbedder()

    async def story(lib: Library) -> None:
        tenant = library.tenant()
        await lib.vectors.ensure(tenant, PASSAGES[:40])
        await lib.vectors.ensure(tenant, PASSAGES)
        await lib.vectors.ensure(tenant, [PASSAGES[0], PASSAGES[0]])
        await lib.vectors.ensure(tenant, [])

    library.tell(search_database.app_url, tmp_path, story, embedder=embedder)
    assert embedder.batches == [32, 8, 30]


def test_a_tenant_does_not_see_that_another_has_a_passage(
    search_database: Database, tmp_path: Path
) -> None:
    embedder = CountingEmbedder()

    async def story(lib: Library) -> None:
        await lib.vectors.ensure(library.tenant(), PASSAGES[:1])
        await lib.vectors.ensure(library.tenant(), PASSAGES[:1])

    library.tell(search_database.app_url, tmp_path, story, embedder=embedder)
    assert embedder.batches == [1, 1]


def test_what_is_read_is_what_was_embedded(search_database: Database, tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    texts = [*PASSAGES[:3], "", PASSAGES[1]]

    async def story(lib: Library) -> tuple[list[str], list[str]]:
        tenant = library.tenant()
        await lib.vectors.ensure(tenant, texts[:2])
        with lib.batch_database.transaction(tenant) as connection:
            read = lib.vectors.vectors_now(connection, tenant, texts)
            return read, lib.vectors.vectors_now(connection, tenant, texts)

    first, again = library.tell(search_database.app_url, tmp_path, story, embedder=embedder)
    assert embedder.batches == [2, 2]  # the third passage and the empty one
    assert np.array_equal(_numbers(first), EMBEDDER.embed(texts))
    assert np.array_equal(_numbers(again), EMBEDDER.embed(texts))


class OtherModel(CountingEmbedder):
    """Another model's vectors, of another length."""

    model = "another"
    dimensions = 8

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return EMBEDDER.embed(texts)[:, :8]


def test_a_new_model_ranks_what_it_has_embedded_and_words_find_the_rest(
    search_database: Database, tmp_path: Path
) -> None:
    tenant = library.tenant()

    async def before(lib: Library) -> None:
        await lib.add(tenant, "Old", "Invoices are kept for ten years.")
        lib.catch_up(tenant)

    async def after(lib: Library) -> None:
        await lib.add(tenant, "New", "Invoices are paid within ten days.")
        lib.catch_up(tenant)
        nearest = await lib.search(tenant, "invoices", mode="vector")
        assert [each.title for each in nearest] == ["New"]
        assert len(await lib.search(tenant, "invoices", mode="lexical")) == 2
        assert len(await lib.search(tenant, "invoices", mode="hybrid")) == 2

    library.tell(search_database.app_url, tmp_path, before)
    library.tell(search_database.app_url, tmp_path, after, embedder=OtherModel())


def test_a_question_with_half_a_character_is_embedded(tell: Tell) -> None:
    async def story(lib: Library) -> str:
        return await lib.vectors.embed_query("caf\ud800")

    assert _numbers([tell(story)]).shape == (1, EMBEDDER.dimensions)


def test_a_literal_names_every_number_exactly() -> None:
    values = np.array([0.1, -1 / 3, 1e-38, 0, 1], dtype=np.float32)
    assert np.array_equal(_numbers([vectors.literal(values)])[0], values)


def _numbers(literals: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[np.float32(number) for number in text[1:-1].split(",")] for text in literals])
