"""What keeps account of the read models is made again by the words of the migrations."""

import psycopg
import pytest

from domain.platform.events import ProjectionPaused
from infrastructure.sql import Queries
from projections import catalogue
from projections.engine import ledger
from tests.projections_engine.test_rulings import on_record
from tests.servers import Database

CATALOGUE = Queries("tests.projections_engine", "described.sql")
PARTS = ("schemas", "relations", "columns", "constraints", "indexes", "policies", "functions")
LOSSES = {
    "the schema": "DROP SCHEMA read CASCADE",
    "checkpoints": "DROP TABLE read.checkpoints CASCADE",
    "generations": "DROP TABLE read.generations, read.serving CASCADE",
    "pauses": "DROP TABLE read.pauses, read.skipped_events CASCADE",
    "a function": "DROP FUNCTION read.search_path_of",
    "samples": "DROP TABLE read.heartbeats, read.standing, read.library_snapshots CASCADE",
}


def described(database: Database) -> dict[str, list[str]]:
    with psycopg.connect(database.admin_url) as connection:
        return {
            part: sorted(map(str, connection.execute(CATALOGUE[part]).fetchall())) for part in PARTS
        }


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_made_again_is_what_the_migrations_make(database: Database, loss: str) -> None:
    before = described(database)
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        assert ledger.lost(connection) == []
        connection.execute(LOSSES[loss].encode())
        assert ledger.lost(connection) != []
        with pytest.raises(ledger.LedgerLost, match="`muniment replay --yes` makes it again"):
            ledger.check(connection)
    anew = ledger.make_again(database.admin_url, catalogue.PROJECTIONS)
    assert anew == (loss in {"the schema", "checkpoints", "generations"})
    if anew:
        with psycopg.connect(database.admin_url) as connection:
            assert ledger.is_unfinished(connection)
        ledger.put_in_place(database.admin_url, catalogue.PROJECTIONS)
    assert described(database) == before


def test_what_was_paused_is_paused_from_the_moment_that_it_is_made_again(
    database: Database,
) -> None:
    on_record(database, [ProjectionPaused(projection="document_list")])
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("DROP TABLE read.pauses CASCADE")
        assert not ledger.make_again(database.admin_url, catalogue.PROJECTIONS)
        row = connection.execute("SELECT projection FROM read.pauses").fetchone()
    assert row == ("document_list",)
