"""How well passages are found and cited, and how long a search takes, without HTTP around it.

The documents are the 240 paragraphs of XQuAD in each of four languages, a tenant a language, with
titles that tell nothing. A question counts as found by the rank of its own paragraph (nDCG@10).
"""

import asyncio
import math
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from application.documents import answering
from domain.ids import TenantId
from infrastructure import database_url
from infrastructure.documents.language import LanguageDetector
from infrastructure.embedded.postgres import EmbeddedPostgres
from interfaces import provision
from projections.documents.search import Mode
from tests.benchmarks import retrieval_time, xquad
from tests.benchmarks.report import Report
from tests.search import library
from tests.search.library import Library

LANGUAGES = {"en": 0.97, "ar": 0.93, "de": None, "vi": None}
"""And the nDCG@10 that `hybrid` has to reach."""
QUESTIONS = 1_190
DATABASE = "retrieval"
PASSWORD = "the-app-password-of-a-throw-away-server"


class Collection(NamedTuple):
    """One language's tenant, with the number of each document's paragraph."""

    tenant_id: TenantId
    paragraphs: Mapping[UUID, int]
    questions: Sequence[xquad.Question]


class Cited(NamedTuple):
    """Shares of the questions: the first source is of the right document, holds the answer, some
    source holds it; nothing was cited."""

    right: float
    in_first: float
    in_any: float
    nothing: float


def main() -> None:
    """Measure, print, write."""
    if not xquad.ENGLISH.exists():
        sys.stdout.write(f"bench-retrieval is skipped: there is no {xquad.ENGLISH}\n")
        return
    report = Report("retrieval")
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            provision.migrate_database(postgres.admin_url, DATABASE, app_password=PASSWORD)
            app_url = database_url.derive(
                postgres.admin_url,
                database=DATABASE,
                user=provision.APP_ROLE,
                password=PASSWORD,
            )
            asyncio.run(measure(app_url, Path(folder) / "blobs", report))
        finally:
            postgres.stop()
    report.finish()


async def measure(app_url: str, blobs: Path, report: Report) -> None:
    """Every language's ranking and citations, then the time that searches take."""
    async with library.opened(app_url, blobs) as lib:
        for language, target in LANGUAGES.items():
            collection = await keep(lib, language)
            legs = {mode: await ndcg(lib, collection, mode) for mode in retrieval_time.MODES}
            for mode in ("lexical", "vector"):
                report.add(f"{language}, {mode}", [legs[mode]], "nDCG@10")
            report.add(f"{language}, hybrid", [legs["hybrid"]], "nDCG@10", target=target)
            report.add(
                f"{language}, hybrid beside the better leg",
                [legs["hybrid"]],
                "nDCG@10",
                target=1.0,
                reference=("better leg", [max(legs["lexical"], legs["vector"])]),
            )
            cited = await cite(lib, collection)
            report.add(f"{language}, first source is the right document", [cited.right], "share")
            report.add(f"{language}, first source holds the answer", [cited.in_first], "share")
            report.add(f"{language}, a source holds the answer", [cited.in_any], "share")
            report.add(f"{language}, nothing cited", [cited.nothing], "share")
        for passages in retrieval_time.PASSAGES:
            await retrieval_time.measure(lib, passages, report)


async def keep(lib: Library, language: str) -> Collection:
    """The language's paragraphs as documents of a tenant."""
    paragraphs, questions = xquad.load(xquad.FOLDER / f"xquad.{language}.json", QUESTIONS)
    tenant_id = library.tenant()
    detector = LanguageDetector()
    numbers = {
        await lib.add(
            tenant_id, f"Paragraph {number}", text, language=detector.detect(text)
        ): number
        for number, text in enumerate(paragraphs)
    }
    lib.catch_up(tenant_id)
    return Collection(tenant_id, numbers, questions)


async def ndcg(lib: Library, collection: Collection, mode: Mode) -> float:
    """Mean of 1 / log2(1 + rank) over the questions, 0 below rank 10."""
    gains = []
    for question in collection.questions:
        found = await lib.search(collection.tenant_id, question.text, limit=30, mode=mode)
        ranked = list(dict.fromkeys(collection.paragraphs[each.document_id] for each in found))
        place = ranked.index(question.paragraph) if question.paragraph in ranked[:10] else None
        gains.append(0.0 if place is None else 1 / math.log2(place + 2))
    return statistics.fmean(gains)


async def cite(lib: Library, collection: Collection) -> Cited:
    """What the answers to all questions cite."""
    right = first = some = nothing = 0
    for question in collection.questions:
        passages = await lib.search(collection.tenant_id, question.text, limit=5)
        sources = answering.answer(question.text, passages).sources
        holds = [
            collection.paragraphs[source.passage.document_id] == question.paragraph
            and source.start <= question.start
            and question.end <= source.end
            for source in sources
        ]
        nothing += not sources
        first += holds[:1] == [True]
        some += any(holds)
        right += [collection.paragraphs[source.passage.document_id] for source in sources[:1]] == [
            question.paragraph
        ]
    asked = len(collection.questions)
    return Cited(right / asked, first / asked, some / asked, nothing / asked)


if __name__ == "__main__":
    main()
