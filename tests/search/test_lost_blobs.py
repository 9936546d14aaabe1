"""What the index does when the blobs that it reads are not there."""

from pathlib import Path

import psycopg
import pytest

from projections.engine.projection import Unavailable
from tests.search import library
from tests.search.conftest import Tell
from tests.search.library import Library
from tests.servers import Database

TEXT = "Invoices are kept for ten years."


def test_a_blob_store_out_of_reach_holds_the_index_and_parks_nothing(
    tell: Tell, tmp_path: Path, search_database: Database
) -> None:
    tenant = library.tenant()

    async def story(lib: Library) -> None:
        await lib.add(tenant, "Invoices", TEXT)
        (folder,) = (tmp_path / str(tenant)).parent.glob(str(tenant))
        away = folder.rename(tmp_path / "away")
        folder.write_text("a file where the folder was")
        with pytest.raises(Unavailable):
            lib.catch_up(tenant)
        folder.unlink()
        away.rename(folder)
        lib.catch_up(tenant)
        assert await lib.search(tenant, "invoices")

    tell(story)
    with psycopg.connect(search_database.admin_url) as connection:
        parked = connection.execute(
            "SELECT count(*) FROM read.parked_streams WHERE tenant_id = %s", [tenant]
        ).fetchone()
    assert parked == (0,)


def test_a_lost_blob_costs_its_own_document_only(tell: Tell, tmp_path: Path) -> None:
    async def story(lib: Library) -> None:
        tenant = library.tenant()
        lost = await lib.add(tenant, "Lost", "Letters are not.")
        for blob in (tmp_path / str(tenant)).rglob("*"):
            if blob.is_file():
                blob.unlink()
        found = await lib.add(tenant, "Found", TEXT)
        lib.catch_up(tenant)
        assert lost != found
        assert [each.document_id for each in await lib.search(tenant, "invoices")] == [found]

    tell(story)
