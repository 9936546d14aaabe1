"""Logs leave as files that prove themselves, and come back the same."""

import contextlib
import io
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.recorded import Claim
from domain.ids import TenantId
from infrastructure.event_log import log_file_verify, snapshot
from infrastructure.event_log.exporter import Exporter, NotExported
from infrastructure.event_log.incoming import NotImported
from infrastructure.event_log.log_file_lines import Unfit
from tests.event_log import filled, logs, tamper, transfers
from tests.servers import Database


def test_an_exported_log_is_imported_as_it_was(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database, "acme")
    filled.seal(database)
    filled.more(database, tenant, 2)
    path = transfers.exported(database, tenant, tmp_path / "log")
    found = log_file_verify.verify(path, transfers.TRUSTED)
    assert found.intact
    assert (found.events, found.position, found.seals, found.sealed_position) == (9, 9, 1, 7)
    filled.filled(elsewhere, "bolt")
    others = transfers.kept(elsewhere)
    assert transfers.imported(elsewhere, path).events == 9
    after = transfers.kept(elsewhere)
    for table, rows in transfers.kept(database).items():
        assert [row for row in after[table] if row not in others[table]] == rows, table
    assert filled.verified(elsewhere, tenant) == filled.verified(database, tenant)
    filled.more(elsewhere, tenant, 1)
    filled.seal(elsewhere)
    assert filled.verified(elsewhere, tenant).intact


def test_a_log_moves_in_parts(database: Database, elsewhere: Database, tmp_path: Path) -> None:
    tenant = filled.filled(database, "acme")
    filled.seal(database)
    first = transfers.exported(database, tenant, tmp_path / "1")
    filled.more(database, tenant, 3)
    second = transfers.exported(database, tenant, tmp_path / "2", after=7)
    whole = transfers.exported(database, tenant, tmp_path / "3")
    assert log_file_verify.verify(second, transfers.TRUSTED).events == 3
    with pytest.raises(NotImported, match="goes on behind 7, and the log here ends at 0"):
        transfers.imported(elsewhere, second)
    assert [transfers.imported(elsewhere, path).events for path in (first, second, whole)] == [
        7,
        3,
        0,
    ]
    assert transfers.imported(elsewhere, first).events == 0
    assert transfers.kept(elsewhere) == transfers.kept(database)


def test_a_later_file_brings_what_is_lacking_and_the_claims_of_its_time(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    old, new = (Claim(scope="test.key", key=key, stream_id=stream) for key in (b"old", b"new"))
    filled.fill(database, tenant, [logs.command(stream, claims=[old])])
    transfers.imported(elsewhere, transfers.exported(database, tenant, tmp_path / "1"))
    released = Claim(scope="test.key", key=b"old", stream_id=stream, taken=False)
    filled.fill(database, tenant, [logs.command(stream, expected=1, claims=[released, new])])
    assert (
        transfers.imported(elsewhere, transfers.exported(database, tenant, tmp_path / "2")).events
        == 1
    )
    assert transfers.kept(elsewhere) == transfers.kept(database)


def test_bytes_that_are_no_text_are_kept(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    with filled.tampering(database) as connection:
        statement = "UPDATE log.events SET data = %s, metadata = '' WHERE position = 2"
        tamper.execute(connection, statement, bytes(range(256)))
        filled.rechain(connection, tenant, 1, head=True)
    transfers.imported(elsewhere, transfers.exported(database, tenant, tmp_path / "log"))
    assert transfers.kept(elsewhere) == transfers.kept(database)


def test_a_damaged_file_is_refused_wherever_it_is_damaged(
    database: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database, "acme")
    filled.seal(database)
    whole = transfers.exported(database, tenant, tmp_path / "whole").read_bytes()
    content = transfers.lines(tmp_path / "whole")

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(whole) - 1))
        if data.draw(st.booleans()):
            damaged = whole[:place]
        else:
            bit = 1 << data.draw(st.integers(0, 7))
            damaged = whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
        path = tmp_path / "damaged"
        path.write_bytes(damaged)
        with contextlib.suppress(Unfit):  # not even a header
            # A few bits of a zstd frame don't matter, such as those of its own checksum.
            assert (
                not log_file_verify.verify(path, transfers.TRUSTED).intact
                or transfers.lines(path) == content
            )

    check()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE log.events SET actor = '' WHERE position = 4", "position 4 changed"),
        ("UPDATE log.commands SET last_position = 9 WHERE last_position = 5", "command or a seal"),
        ("DELETE FROM log.events WHERE position = 7", "position 7 dropped"),
    ],
)
def test_a_log_that_is_not_intact_is_not_exported(
    database: Database, statement: str, told: str
) -> None:
    tenant = filled.filled(database)
    with filled.tampering(database) as connection:
        tamper.execute(connection, statement)
    with (
        closing(snapshot.connect(database.app_url)) as connection,
        pytest.raises(NotExported, match=told),
    ):
        Exporter(connection, filled.KEY).export(tenant, io.BytesIO())


def test_an_export_begins_where_the_log_is(database: Database) -> None:
    tenant = filled.filled(database)
    with closing(snapshot.connect(database.app_url)) as connection:
        exporter = Exporter(connection, filled.KEY)
        with pytest.raises(NotExported, match="no position 8"):
            exporter.export(tenant, io.BytesIO(), after=8)
        assert exporter.export(tenant, io.BytesIO(), after=7).events == 0
        with pytest.raises(NotExported, match="no log"):
            exporter.export(TenantId(UUID(int=1)), io.BytesIO())
