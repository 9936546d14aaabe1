"""BM25 as its definition says, slowly: what the index's ranking is compared with."""

import math
from collections import Counter
from collections.abc import Sequence

K1 = 1.2
B = 0.75


def bm25(
    passages: Sequence[Sequence[str]], asked: Sequence[str], *, weights: dict[str, float]
) -> list[float]:
    """The score of each passage, a list of terms; each different term asked counts once.

    The length of a passage is that of its words: terms with a blank in them are pairs of words.
    """
    lengths = [sum(" " not in term for term in passage) for passage in passages]
    average = sum(lengths) / len(lengths)
    counted = [Counter(passage) for passage in passages]
    return [
        sum(
            weights.get(term, 1.0)
            * idf(len(passages), sum(term in other for other in counted))
            * passage[term]
            * (K1 + 1)
            / (passage[term] + K1 * (1 - B + B * length / average))
            for term in dict.fromkeys(asked)
        )
        for passage, length in zip(counted, lengths, strict=True)
    ]


def idf(passages: int, holding: int) -> float:
    """The rarity of a term."""
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))
