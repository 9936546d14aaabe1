"""Finding a time in a long log takes a few looks, not a reading of it."""

from datetime import UTC, datetime
from typing import Any

import psycopg

from infrastructure.event_log.positions import SQL
from tests.audit import long_logs
from tests.servers import Database

EVENTS = 30_000


def test_a_time_is_found_by_halves(database: Database) -> None:
    tenant = long_logs.filled(database.admin_url, EVENTS)
    with psycopg.connect(database.app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant)])
        row = connection.execute(
            "SELECT recorded_at FROM log.events WHERE tenant_id = %s AND position = 12345", [tenant]
        ).fetchone()
        assert row is not None
        of = {"tenant_id": tenant, "head": EVENTS, "moment": row[0]}
        assert connection.execute(SQL["at_or_after"], of).fetchone() == (12345,)
        late, early = datetime(9999, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)
        for moment, position in ((late, EVENTS + 1), (early, 1)):
            found = connection.execute(SQL["at_or_after"], {**of, "moment": moment}).fetchone()
            assert found == (position,)
        told = connection.execute(
            b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + SQL["at_or_after"], of
        ).fetchone()
    assert told is not None
    plan: dict[str, Any] = told[0][0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 200
