"""What administrators paused stands still in an installation that comes from a backup, too."""

from pathlib import Path
from typing import Any

import psycopg

from tests.backup.installations import alone, inside, small, told
from tests.cli.installation import muniment
from tests.event_log import filled
from tests.projections_engine import histories
from tests.servers import Database

PAUSES = "SELECT projection, for_tenant, paused_by, paused_at FROM read.pauses ORDER BY 1, 2"
STOOD = """
SELECT projection, position FROM read.checkpoints
 WHERE tenant_id = '{}' AND projection IN ('document_list', 'knowledge_base_list') ORDER BY 1
"""


def rows(database: Database, query: str) -> list[Any]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query.encode()).fetchall()


def operate(database: Database, deed: str, *arguments: str) -> None:
    done = muniment(database, "projections", deed, *arguments)
    assert done.exit_code == 0, done.output


def test_what_was_paused_is_paused_again_where_it_stood(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = small(database, tmp_path)
    filled.more(database, tenant, 3)
    histories.run(database.app_url, tenant)
    stood = rows(database, STOOD.format(tenant))
    operate(database, "pause", "knowledge_base_list", "--tenant", str(tenant))
    operate(database, "pause", "watchlist_list")
    operate(database, "pause", "chunk_index")
    operate(database, "resume", "chunk_index")
    filled.more(database, tenant, 2)
    histories.run(database.app_url, tenant)
    paused = rows(database, PAUSES)
    assert [row[0] for row in paused] == ["knowledge_base_list", "watchlist_list"]
    made = inside(alone(database, tmp_path), "create")
    assert made.exit_code == 0, made.output + str(made.exception)
    done = told(alone(elsewhere, tmp_path), "restore", "--yes")
    assert done["differing"] == []
    assert [row[:3] for row in rows(elsewhere, PAUSES)] == [row[:3] for row in paused]
    before, after = dict(stood), dict(rows(elsewhere, STOOD.format(tenant)))
    assert after["knowledge_base_list"] == before["knowledge_base_list"]
    assert after["document_list"] == before["document_list"] + 2
    operate(elsewhere, "resume", "knowledge_base_list", "--tenant", str(tenant))
    histories.run(elsewhere.app_url, tenant)
    assert (
        dict(rows(elsewhere, STOOD.format(tenant)))["knowledge_base_list"] == after["document_list"]
    )
