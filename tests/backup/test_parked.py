"""What no projection can take does not keep an installation from being restored."""

from pathlib import Path
from typing import ClassVar

import psycopg

from domain.event import Event
from tests.backup.installations import alone, inside, small, told
from tests.event_log import filled, logs
from tests.projections_engine import histories
from tests.servers import Database

PARKED = "SELECT projection, stream_id, position FROM read.parked_streams ORDER BY 1, 3"


class Unreadable(Event, frozen=True):
    """An event of a type that is known, and of no shape that is."""

    TYPE: ClassVar[str] = "knowledge_base.created"

    shape: int = 7


def parked(database: Database) -> list[tuple[object, ...]]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(PARKED).fetchall()


def test_a_stream_that_is_parked_is_parked_again(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    here = alone(database, tmp_path)
    tenant = small(database, tmp_path)
    filled.fill(database, tenant, [logs.command(events=[Unreadable()])])
    filled.more(database, tenant, 3)
    histories.run(database.app_url, tenant)
    assert parked(database)
    made = inside(here, "create")
    assert made.exit_code == 0, made.output + str(made.exception)
    done = told(alone(elsewhere, tmp_path), "restore", "--yes")
    assert done["differing"] == []
    assert set(parked(database)) <= set(parked(elsewhere))
    with psycopg.connect(elsewhere.admin_url) as connection:
        row = connection.execute("SELECT count(*) FROM read.knowledge_bases_v1").fetchone()
    assert row == (4,)
