"""A connection of the library's door that met a lost table works again once the table is back."""

from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import PersistenceError

from infrastructure.event_log.library.tenant_log import TenantLog
from infrastructure.event_log.library.tracking import LogProcessRecorder
from tests.servers import Database

TABLE = "library_tracking"
UNTIL_PREPARED = 5
"""So many executions psycopg waits by default before it prepares a statement."""


@pytest.mark.parametrize("reads_before", [0, 1, UNTIL_PREPARED - 1, UNTIL_PREPARED])
def test_what_failed_at_its_first_prepare_is_prepared_again(
    database: Database, reads_before: int
) -> None:
    log = TenantLog(database.app_url, uuid4(), application="test", connections_max=1)
    log.open()
    recorder = LogProcessRecorder(log)
    try:
        for _ in range(reads_before):
            assert recorder.max_tracking_id("upstream") is None
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            connection.execute(f"ALTER TABLE read.{TABLE} RENAME TO gone".encode())
            for _ in range(2 * UNTIL_PREPARED):
                with pytest.raises(PersistenceError, match="does not exist"):
                    recorder.max_tracking_id("upstream")
            connection.execute(f"ALTER TABLE read.gone RENAME TO {TABLE}".encode())
        assert recorder.max_tracking_id("upstream") is None
    finally:
        log.close()
