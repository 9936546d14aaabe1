"""The bytes under a digest: SQL and Python make the same ones, whatever the values."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.event_log import canonical
from infrastructure.event_log.canonical import ChainedEvent
from tests.servers import Database

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
CANONICAL = """
SELECT log.canonical(%s, %s, %s, %s, %s, %s::smallint, %s, %s, %s, %s, %s, %s, %s, %s)
"""

ONE = UUID("00000000-0000-4000-8000-000000000001")
ID = "00000b8600000010" + ONE.hex
KNOWN = (
    *(ONE, 1, ONE, 2, "a.ü", 3, ONE, ONE, ONE, None, "å"),
    *(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), b"{}", b"\0"),
)
KNOWN_IN_SQL = f"""
SELECT log.canonical(i, 1, i, 2, U&'a.\\00fc', 3::smallint, i, i, i, NULL, U&'\\00e5',
                     '2026-01-02 03:04:05.678901Z', '\\x7b7d', '\\x00')
  FROM (SELECT '{ONE}'::uuid) AS one(i)
"""  # noqa: S608 - a fixed text

big = st.integers(-(2**63), 2**63 - 1)
text = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
ids = st.uuids(version=None)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside

values = st.tuples(
    *(ids, big, ids, big, text, st.integers(-(2**15), 2**15 - 1), ids, ids, ids),
    *(st.none() | ids, text, times, st.binary(), st.binary()),
)


def row(given: tuple[Any, ...]) -> tuple[bytes, ChainedEvent]:
    """The id of the tenant, and the event as the chain sees it."""
    tenant, position, stream, version, kind, schema, event, command, correlation, *rest = given
    cause, actor, at_time, metadata, data = rest
    made = ChainedEvent(
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
    return tenant.bytes, made


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(values, min_size=5, max_size=20))
def test_sql_and_python_agree(library_database: Database, given: list[tuple[Any, ...]]) -> None:
    with psycopg.connect(library_database.admin_url) as connection:
        for each in given:
            found = connection.execute(CANONICAL, each).fetchone()
            assert found == (canonical.encode(*row(each)),)


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1", "SQL_ASCII"])
def test_the_encoding_of_a_client_changes_no_byte(
    library_database: Database, encoding: str
) -> None:
    with psycopg.connect(library_database.admin_url) as connection:
        connection.execute("SELECT set_config('client_encoding', %s, false)", [encoding])
        found = connection.execute(KNOWN_IN_SQL).fetchone()
    assert found == (canonical.encode(*row(KNOWN)),)


def test_a_known_event_has_known_bytes_in_each_form() -> None:
    tenant, event = row(KNOWN)
    assert canonical.encode(tenant, event).hex() == (
        "0000000e"
        + ID
        + "0000001400000008"
        + "0000000000000001"
        + ID
        + "0000001400000008"
        + "0000000000000002"
        + "00000011"
        + "00000004612ec3bc"
        + "0000001500000002"
        + "0003"
        + ID * 3
        + "00000b86ffffffff"
        + "00000011"
        + "00000002c3a5"
        + "000004a000000008"
        + "0002ea5dbb1f6f35"
        + "00000011"
        + "000000027b7d"
        + "00000011"
        + "0000000100"
    )
    assert canonical.encode_joined(tenant, event).hex() == (
        ONE.hex + "0000000000000001" + ONE.hex + "0000000000000002"
        "00000004612ec3bc" + "0003" + ONE.hex * 3 + "00" * 16 + "00000002c3a5"
        "0002ea5dbb1f6f35" + "000000027b7d" + "0000000100"
    )
