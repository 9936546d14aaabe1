"""Vectors have unit length, mean what the library means, and cost no network."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.documents.embedder import WordLlamaEmbedder

EMBEDDER = WordLlamaEmbedder()
TEXTS = ["water quality records", "Wasserqualität", "会议记录", "a" * 5_000, "twelve years " * 400]


def test_the_vectors_are_those_of_the_library() -> None:
    import wordllama  # type: ignore[import-untyped]  # has no type hints

    library = wordllama.WordLlama.load(
        cache_dir=Path(wordllama.__file__).parent, disable_download=True
    )
    expected = library.embed(TEXTS, norm=True)
    assert np.allclose(EMBEDDER.embed(TEXTS), expected, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=80), max_size=40))
def test_each_text_has_a_vector_of_length_one_or_none_at_all(texts: list[str]) -> None:
    vectors = EMBEDDER.embed(texts)
    assert vectors.shape == (len(texts), EMBEDDER.dimensions)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))


def test_a_text_without_tokens_has_length_zero_and_odd_characters_do_no_harm() -> None:
    assert not EMBEDDER.embed([""]).any()
    assert EMBEDDER.embed(["\ud800 water"]).any()
    assert EMBEDDER.embed([]).shape == (0, 256)


def test_a_vector_does_not_depend_on_the_texts_beside_it() -> None:
    together = EMBEDDER.embed(["water", "x " * 30_000])
    assert np.array_equal(together[0], EMBEDDER.embed(["water"])[0])


def test_what_belongs_together_is_near() -> None:
    question, right, wrong = EMBEDDER.embed(
        [
            "How long are water test results kept?",
            "Water quality test results are kept for twelve years.",
            "The Board approved the minutes of the last meeting.",
        ]
    )
    assert question @ right > 0.5 > question @ wrong


def test_many_threads_load_once_and_agree() -> None:
    fresh = WordLlamaEmbedder()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: fresh.embed(TEXTS), range(16)))
    assert all(np.array_equal(found[0], vectors) for vectors in found)


def test_importing_costs_nothing_and_loading_leaves_logging_and_network_alone() -> None:
    script = (
        "import logging, socket, sys\n"
        "from infrastructure.documents.embedder import WordLlamaEmbedder\n"
        "assert 'wordllama' not in sys.modules and 'tokenizers' not in sys.modules\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "assert WordLlamaEmbedder().embed(['water']).any()\n"
        "root = logging.getLogger()\n"
        "assert root.handlers == [] and root.level == logging.WARNING, root.handlers\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "HOME": "/nonexistent"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)


def test_the_model_says_which_it_is() -> None:
    assert (EMBEDDER.model, EMBEDDER.dimensions) == ("wordllama-l2-supercat-256", 256)
