"""The bytes under a digest: SQL and Python make the same ones, whatever the values."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.event_log import canonical
from infrastructure.event_log.canonical import ChainedEvent
from tests.servers import Database

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
CANONICAL = """
SELECT log.canonical(%s, %s, %s, %s, %s, %s::smallint, %s, %s, %s, %s, %s, %s, %s, %s)
"""

big = st.integers(-(2**63), 2**63 - 1)
text = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
ids = st.uuids(version=None)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside

values = st.tuples(
    *(ids, big, ids, big, text, st.integers(-(2**15), 2**15 - 1), ids, ids, ids),
    *(st.none() | ids, text, times, st.binary(), st.binary()),
)


def in_python(given: tuple[Any, ...]) -> bytes:
    tenant, position, stream, version, kind, schema, event, command, correlation, *rest = given
    cause, actor, at_time, metadata, data = rest
    row = ChainedEvent(
        position=position,
        stream_id=stream.bytes,
        version=version,
        type=kind.encode(),
        schema=schema,
        event_id=event.bytes,
        command_id=command.bytes,
        correlation_id=correlation.bytes,
        causation_id=cause and cause.bytes,
        actor=actor.encode(),
        recorded_at=(at_time - EPOCH) // timedelta(microseconds=1),
        metadata=metadata,
        data=data,
        digest=b"",
    )
    return canonical.encode(tenant.bytes, row)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(values, min_size=5, max_size=20))
def test_sql_and_python_agree(library_database: Database, given: list[tuple[Any, ...]]) -> None:
    with psycopg.connect(library_database.admin_url) as connection:
        for each in given:
            found = connection.execute(CANONICAL, each).fetchone()
            assert found == (in_python(each),)


def test_a_known_event_has_known_bytes() -> None:
    one = UUID("00000000-0000-4000-8000-000000000001")
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    known = (one, 1, one, 2, "a.ü", 3, one, one, one, None, "å", moment, b"{}", b"\0")
    assert in_python(known).hex() == (
        one.hex + "0000000000000001" + one.hex + "0000000000000002"
        "00000004612ec3bc" + "0003" + one.hex * 3 + "00" * 16 + "00000002c3a5"
        "0002ea5dbb1f6f35" + "000000027b7d" + "0000000100"
    )
