"""How long searches take in tenants of more and more passages."""

import random
import re
import time
from collections.abc import Iterator, Sequence

from domain.ids import TenantId
from projections.documents.search import Mode
from tests.benchmarks import xquad
from tests.benchmarks.report import Report, percentile
from tests.search import library
from tests.search.library import Library

MODES: tuple[Mode, ...] = ("lexical", "vector", "hybrid")
PASSAGES = (100, 1_000, 10_000)
SEARCH_MILLISECONDS_MAX = 20.0
"""Of a hybrid search over 1,000 passages, 95 % of the time."""
ROUNDS = 5
QUESTIONS_A_ROUND = 40
PASSAGE_CHARACTERS = 800
PASSAGES_A_DOCUMENT = 20


async def measure(lib: Library, passages: int, report: Report) -> None:
    """The time of searches in a tenant of so many passages made of XQuAD's English sentences."""
    paragraphs, questions = xquad.load(xquad.ENGLISH, QUESTIONS_A_ROUND * ROUNDS)
    tenant_id = library.tenant()
    for text in documents(paragraphs, passages):
        await lib.add(tenant_id, "Mixed", text)
    begun = time.perf_counter()
    lib.catch_up(tenant_id)
    report.add(
        f"indexed, {passages} passages", [passages / (time.perf_counter() - begun)], "passages/s"
    )
    for mode in MODES:
        rounds = [
            [
                await seconds(lib, tenant_id, question.text, mode)
                for question in questions[number::ROUNDS]
            ]
            for number in range(ROUNDS)
        ]
        target = SEARCH_MILLISECONDS_MAX if (mode, passages) == ("hybrid", 1_000) else None
        for share in (0.5, 0.95):
            report.add(
                f"{mode} search in {passages} passages, p{share * 100:.0f}",
                [percentile(taken, share) * 1_000 for taken in rounds],
                "ms",
                target=target if share > 0.5 else None,
                direction="at most",
            )


async def seconds(lib: Library, tenant_id: TenantId, question: str, mode: Mode) -> float:
    """How long one search takes."""
    begun = time.perf_counter()
    await lib.search(tenant_id, question, mode=mode)
    return time.perf_counter() - begun


def documents(paragraphs: Sequence[str], passages: int) -> Iterator[str]:
    """Texts that make about so many passages."""
    chance = random.Random(18)  # noqa: S311 - the same texts every time
    sentences = [sentence for text in paragraphs for sentence in re.split(r"(?<=[.?!])\s+", text)]
    for _ in range(0, passages, PASSAGES_A_DOCUMENT):
        texts = []
        for _ in range(min(PASSAGES_A_DOCUMENT, passages)):
            text = ""
            while len(text) < PASSAGE_CHARACTERS:
                text += chance.choice(sentences) + " "
            texts.append(text)
        yield "\n\n".join(texts)
