"""Texts to vectors with WordLlama: token vectors taken from a large model, averaged over a text.

No network and no download: weights and tokenizer come in the wheel.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MODEL = "wordllama-l2-supercat-256"
_DIMENSIONS = 256
_BATCH = 32
"""Texts tokenized together; 512 take three times as long for each."""
_TOKENS_AT_ONCE = 4_096
"""Rows of the table gathered at once: 4 MB, however long a text is."""


class WordLlamaEmbedder:
    """An `Embedder`; the model is loaded once, on first use or by `load`. Safe in many threads."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._table: NDArray[np.float32] | None = None
        self._tokenizer: Any = None

    @property
    def model(self) -> str:
        """Name and revision; part of every cache key."""
        return _MODEL

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return _DIMENSIONS

    def load(self) -> None:
        """Load the model now, so that the first text does not wait for it."""
        with self._loading:
            if self._table is None:
                loaded = _load()
                self._tokenizer = loaded.tokenizer
                # The library pads all texts of a batch to the longest: one text of a megabyte
                # would cost gigabytes. Each is averaged by itself here.
                self._tokenizer.no_padding()
                self._table = loaded.embedding

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """An array of shape `(len(texts), 256)`; rows have length 1, or 0 for no tokens."""
        self.load()
        vectors = np.zeros((len(texts), _DIMENSIONS), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = [_whole_characters(text) for text in texts[start : start + _BATCH]]
            encoded = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            for row, tokens in enumerate(encoded, start=start):
                vectors[row] = self._average(tokens.ids)
        return vectors

    def _average(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Direction of the mean of the token vectors; its length says nothing and is dropped."""
        table = self._table
        assert table is not None  # noqa: S101 - `embed` loads first
        total = np.zeros(_DIMENSIONS, dtype=np.float32)
        for start in range(0, len(ids), _TOKENS_AT_ONCE):
            rows = np.minimum(ids[start : start + _TOKENS_AT_ONCE], len(table) - 1)
            total += table[rows].sum(axis=0)
        length = float(np.linalg.norm(total))
        return total / np.float32(length) if length else total


def _whole_characters(text: str) -> str:
    """The tokenizer refuses lone surrogates; a query may hold one."""
    return text.encode("utf-8", "replace").decode()


def _load() -> Any:
    """Import and load quietly: the library configures the root logger when it is imported."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        import wordllama  # type: ignore[import-untyped]  # has no type hints
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    # Without `cache_dir` it looks for the tokenizer in another folder and goes to the network.
    return wordllama.WordLlama.load(
        cache_dir=Path(wordllama.__file__).parent, dim=_DIMENSIONS, disable_download=True
    )
