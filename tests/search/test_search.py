"""Passages are found by word and by meaning, in the language of each document."""

from uuid import uuid4, uuid5

import pytest

from projections.documents import search
from tests.search import library
from tests.search.conftest import Tell
from tests.search.library import Library

INVOICES = "Invoices are kept for ten years after the end of the financial year."
HOLIDAYS = "Every employee has thirty days of paid holidays a year."
BUILDING = "The building closes at eight in the evening."
MODES: tuple[search.Mode, ...] = ("hybrid", "lexical", "vector")


@pytest.mark.parametrize("mode", MODES)
def test_the_passage_that_fits_comes_first(tell: Tell, mode: search.Mode) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        for number in range(9):
            await lib.add(tenant, "House rules", f"{HOLIDAYS} {BUILDING} {number}")
        wanted = await lib.add(tenant, "Retention", INVOICES)
        lib.catch_up(tenant)
        found = await lib.search(tenant, "How long do we keep invoices?", mode=mode)
        best = found[0]
        assert (best.document_id, best.title, best.text) == (wanted, "Retention", INVOICES)
        assert (best.start, best.end) == (0, len(INVOICES))
        assert [each.score for each in found] == sorted(
            (each.score for each in found), reverse=True
        )
        assert len({each.chunk_id for each in found}) == len(found)
        assert await lib.search(tenant, "How long do we keep invoices?", mode=mode, limit=1) == [
            best
        ]

    tell(story)


def test_each_passage_of_a_document_keeps_an_id_of_its_own(tell: Tell) -> None:
    text = "\n\n".join(f"Section {number}. {HOLIDAYS * 12}" for number in range(4))

    async def story(lib: Library) -> None:
        tenant = library.tenant()
        document = await lib.add(tenant, "Handbook", text)
        lib.catch_up(tenant)
        found = await lib.search(tenant, "section")
        assert len({each.chunk_id for each in found}) == len(found) > 1
        assert {each.chunk_id for each in found} == {
            uuid5(document, str(number)) for number in range(len(found))
        }
        assert all(text[each.start : each.end] == each.text for each in found)

    tell(story)


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("de", "Die Häuser wurden im Jahr 1900 gebaut.", "Haus"),
        ("ar", "تحفظ الفواتير في المدرسة.", "والمدرسة"),
        ("fr", "Les factures sont conservées dix ans.", "conserver"),
        ("en", "The invoices were archived.", "archiving an invoice"),
        ("ja", "請求書は十年間保存されます。", "保存"),
        (None, "Qwertz Zuiop", "zuiop"),
        ("sw", "Ankara huhifadhiwa kwa miaka kumi.", "miaka"),
    ],
)
def test_a_word_is_found_in_the_forms_of_its_language(
    tell: Tell, language: str | None, text: str, question: str
) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        wanted = await lib.add(tenant, "T", text, language=language)
        await lib.add(tenant, "T", INVOICES.replace("Invoices", "Letters"))
        lib.catch_up(tenant)
        found = await lib.search(tenant, question, mode="lexical")
        assert [each.document_id for each in found] == [wanted]

    tell(story)


def test_a_stop_word_of_one_language_is_a_word_of_another(tell: Tell) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        await lib.add(tenant, "T", "The dice are cast.", language="en")
        english = await lib.add(tenant, "T", "They die young.", language="en")
        german = await lib.add(tenant, "T", "Die Würfel sind gefallen.", language="de")
        lib.catch_up(tenant)
        found = [each.document_id for each in await lib.search(tenant, "die", mode="lexical")]
        assert english in found
        assert german not in found

    tell(story)


def test_a_document_is_found_by_its_title(tell: Tell) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        wanted = await lib.add(tenant, "Employee handbook", HOLIDAYS)
        await lib.add(tenant, "Retention", INVOICES)
        lib.catch_up(tenant)
        found = await lib.search(tenant, "handbook", mode="lexical")
        assert [each.document_id for each in found] == [wanted]

    tell(story)


def test_never_fewer_passages_than_asked_for_when_there_are_so_many(tell: Tell) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        for number in range(12):
            await lib.add(tenant, f"Rule {number}", f"{BUILDING} {number}")
        lib.catch_up(tenant)
        for mode in ("hybrid", "vector"):
            for limit, expected in ((5, 5), (12, 12), (50, 12)):
                # The model knows no token of this word, and no passage has it.
                for query in ("building", "\u16a0\u16a1\u16a2"):
                    found = await lib.search(tenant, query, limit=limit, mode=mode)
                    assert len(found) == expected
                    assert all(each.score >= 0 for each in found)

    tell(story)


def test_only_the_knowledge_base_asked_for_is_searched(tell: Tell) -> None:
    base = uuid4()

    async def story(lib: Library) -> None:
        tenant = library.tenant()
        inside = await lib.add(tenant, "T", f"{INVOICES} In short.", knowledge_base_id=base)
        await lib.add(tenant, "T", INVOICES)
        lib.catch_up(tenant)
        for mode in MODES:
            for knowledge_base, expected in ((base, [inside]), (uuid4(), [])):
                found = await lib.search(
                    tenant, "invoices", mode=mode, knowledge_base_id=knowledge_base
                )
                assert [each.document_id for each in found] == expected

    tell(story)


WORDLESS = ["", "   ", "?!… -- ''", "🙂", "\ud800"]
HOSTILE = [
    *WORDLESS,
    "invoices & | ! ( ) <-> :* 'kept",
    '%s %(tenant_id)s $1 {} \\ "; DROP TABLE read.chunks_v2; --',
    "invoices " * 250,
    " ".join(f"word{number}" for number in range(250)),
    "x" * 2000,
    "の" * 2000,
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_any_query_is_safe(tell: Tell, mode: search.Mode, query: str) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        await lib.add(tenant, "Retention", INVOICES)
        lib.catch_up(tenant)
        found = await lib.search(tenant, query, mode=mode)
        if "invoices" in query:
            assert len(found) == 1
        if query in WORDLESS:
            assert found == []
        assert await lib.search(library.tenant(), query, mode=mode) == []

    tell(story)
