"""A search as of a position finds what a search found when the log ended there, with its scores."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.documents.passages import Passage
from domain.documents.events import DocumentRemoved
from domain.event import Event
from domain.ids import Position, StreamId, TenantId
from projections.documents import search
from tests.search import library
from tests.search.conftest import Tell
from tests.search.library import Library
from tests.servers import Database

TEXTS = (
    ("Invoices are kept for ten years. The invoices of the archive are kept apart.", "en"),
    ("Die Rechnungen werden zehn Jahre lang im Archiv aufbewahrt.", "de"),
    ("Letters are not kept. An invoice is no letter.", "en"),
    ("archive die of", None),
)
QUESTIONS: tuple[tuple[str, search.Mode], ...] = (
    ("How long are the invoices of the archive kept?", "hybrid"),
    ("die archive of", "lexical"),
    ("Rechnungen", "vector"),
)
BASE = uuid4()
GROUPS = 5
"""In how many appends a document's life is recorded, but for its removal."""

STEPS = st.lists(
    st.tuples(st.integers(0, len(TEXTS) - 1), st.sampled_from(["next", "all", "end"])),
    min_size=1,
    max_size=7,
)


async def asked(
    lib: Library, tenant: TenantId, as_of: Position = search.PRESENT
) -> list[list[Passage]]:
    """What every question finds, and one of them in one knowledge base."""
    found = [
        await lib.search(tenant, question, mode=mode, as_of=as_of) for question, mode in QUESTIONS
    ]
    question, mode = QUESTIONS[0]
    inside = await lib.search(tenant, question, mode=mode, as_of=as_of, knowledge_base_id=BASE)
    return [*found, inside]


def alike(found: list[list[Passage]]) -> list[Any]:
    """The same, with scores that may differ in the last bits, as the order of a sum may."""
    return [
        [
            (each.document_id, each.chunk_id, each.title, each.text, pytest.approx(each.score))
            for each in passages
        ]
        for passages in found
    ]


def exact(found: list[list[Passage]]) -> list[Any]:
    return [
        [(each.document_id, each.chunk_id, each.title, each.text, each.score) for each in passages]
        for passages in found
    ]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_as_of_a_position_is_what_was_found_when_the_log_ended_there(
    search_database: Database, tmp_path: Path, steps: list[tuple[int, str]]
) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        lives: list[list[list[Event]]] = [
            await lib.history(
                tenant, text, text, language=language, knowledge_base_id=BASE if n % 2 else None
            )
            for n, (text, language) in enumerate(TEXTS)
        ]
        streams = [StreamId(uuid4()) for _ in TEXTS]
        seen = {Position(0): await asked(lib, tenant)}
        ended: set[int] = set()
        for number, what in [(0, "all"), *steps, (0, "end"), (1, "all"), (1, "end")]:
            life = lives[number]
            if what == "end" and len(life) < GROUPS and number not in ended:
                life[:] = [[DocumentRemoved()]]
                ended.add(number)
            for _ in range(len(life) if what == "all" else min(1, len(life))):
                at = await lib.record(tenant, streams[number], life.pop(0))
                lib.catch_up(tenant)
                seen[at] = await asked(lib, tenant)
        for at, found in seen.items():
            assert exact(await asked(lib, tenant, as_of=at)) == alike(found)

    library.tell(search_database.app_url, tmp_path, story)


def test_words_are_as_rare_as_they_were(tell: Tell) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        await lib.add(tenant, "T", TEXTS[0][0])
        lib.catch_up(tenant)
        before = await lib.search(tenant, "invoices", mode="lexical")
        at = Position(5)
        later = [await lib.add(tenant, f"T{n}", f"{TEXTS[2][0]} {n}") for n in range(3)]
        await lib.remove(tenant, later[0])
        lib.catch_up(tenant)
        now = await lib.search(tenant, "invoices", mode="lexical")
        assert now[0].score != pytest.approx(before[0].score)
        assert exact([await lib.search(tenant, "invoices", mode="lexical", as_of=at)]) == alike(
            [before]
        )

    tell(story)


def test_a_document_that_waits_for_its_text_counts_as_it_did(tell: Tell) -> None:
    """Until its language is known, the simple dictionary is in use, to which "of" is a word."""

    async def story(lib: Library) -> None:
        tenant, stream = library.tenant(), StreamId(uuid4())
        await lib.add(tenant, "T", TEXTS[0][0])
        seen: dict[Position, list[Passage]] = {}
        for events in await lib.history(tenant, "T", TEXTS[2][0]):
            at = await lib.record(tenant, stream, events)
            lib.catch_up(tenant)
            seen[at] = await lib.search(tenant, "archive of", mode="lexical")
        added, _, ingested, *_ = ([each.score for each in found] for found in seen.values())
        assert added[0] < ingested[0]
        for at, found in seen.items():
            then = await lib.search(tenant, "archive of", mode="lexical", as_of=at)
            assert exact([then]) == alike([found])

    tell(story)


def test_what_was_removed_changes_no_score(tell: Tell) -> None:
    async def story(lib: Library) -> None:
        with_it, without = library.tenant(), library.tenant()
        for tenant in (with_it, without):
            await lib.add(tenant, "T", TEXTS[0][0])
        await lib.remove(with_it, await lib.add(with_it, "T", TEXTS[1][0], language="de"))
        found = []
        for tenant in (with_it, without):
            lib.catch_up(tenant)
            found.append(
                [
                    [each.score for each in await lib.search(tenant, question, mode=mode)]
                    for question, mode in (*QUESTIONS, ("archive of", "lexical"))
                ]
            )
        assert found[0] == [pytest.approx(scores) for scores in found[1]]

    tell(story)


def test_no_moment_finds_another_tenants_passages(tell: Tell) -> None:
    async def story(lib: Library) -> None:
        mine, theirs = library.tenant(), library.tenant()
        await lib.remove(theirs, await lib.add(theirs, "Canary", TEXTS[0][0]))
        wanted = await lib.add(mine, "T", TEXTS[2][0])
        for tenant in (mine, theirs):
            lib.catch_up(tenant)
        for at in range(8):
            for _, mode in QUESTIONS:
                found = await lib.search(mine, "invoices", mode=mode, as_of=Position(at))
                assert {each.document_id for each in found} <= {wanted}

    tell(story)
