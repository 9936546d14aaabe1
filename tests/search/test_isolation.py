"""A tenant finds its own passages and no others, by the queries and by the tables' own rules."""

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from projections.documents import search
from tests.search import library
from tests.search.conftest import Tell
from tests.search.library import Library
from tests.servers import Database

TEXTS = (
    "Invoices are kept for ten years.",
    "Every employee has thirty days of holidays.",
    "The building closes at eight in the evening.",
)
MODES: tuple[search.Mode, ...] = ("hybrid", "lexical", "vector")


@pytest.mark.parametrize("role", ["the application", "one that row-level security lets pass"])
def test_another_tenants_nearest_neighbour_is_never_found(
    search_database: Database, tmp_path: Path, role: str
) -> None:
    url = search_database.app_url if role == "the application" else search_database.admin_url
    question = "Where is the canary of the Baltic office?"

    async def story(lib: Library) -> None:
        mine, theirs, empty = library.tenant(), library.tenant(), library.tenant()
        base = uuid4()
        canary = await lib.add(theirs, "Canary", question, knowledge_base_id=base)
        for number in range(30):
            await lib.add(theirs, "Canary", f"{question} {number}", knowledge_base_id=base)
        ours = {await lib.add(mine, "T", text) for text in TEXTS}
        for tenant in (mine, theirs):
            lib.catch_up(tenant)
        for mode in MODES:
            if mode != "lexical":  # nor does it take the place of a passage that may be found
                found = await lib.search(mine, question, limit=len(ours), mode=mode)
                assert {each.document_id for each in found} == ours
            for knowledge_base in (None, base):
                assert await lib.search(theirs, question, mode=mode)
                for tenant, allowed in ((mine, ours), (empty, set[UUID]())):
                    found = await lib.search(
                        tenant, question, limit=50, mode=mode, knowledge_base_id=knowledge_base
                    )
                    assert {each.document_id for each in found} <= allowed
        assert (await lib.search(theirs, question))[0].document_id == canary

    library.tell(url, tmp_path, story)


def test_row_level_security_alone_keeps_tenants_apart(
    tell: Tell, search_database: Database
) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        await lib.add(tenant, "Canary", TEXTS[0])
        lib.catch_up(tenant)
        for table in (*lib.index.tables, "work.embeddings"):
            with lib.batch_database.transaction(library.tenant()) as connection:
                counted = f"SELECT count(*) FROM {table}"  # noqa: S608 - names, no input
                assert connection.execute(counted.encode()).fetchone() == (0,)

    tell(story)
    with psycopg.connect(search_database.admin_url) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM read.chunks_v2").fetchone() == (True,)
