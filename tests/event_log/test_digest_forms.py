"""A log that began under an earlier release is proven to its end, and so is what comes of it."""

from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from domain.ids import TenantId
from infrastructure.event_log import canonical, log_file_verify, migrate
from infrastructure.event_log.canonical import Row
from tests.event_log import filled, tamper, transfers
from tests.servers import Database, Servers, fresh_database

EARLIER, LATER = 7, 5
END = EARLIER + LATER


@pytest.fixture
def tenant(database: Database) -> TenantId:
    """Seven events of the release before the record form, and five of this one."""
    undone: list[str] = []
    while "0022_record_digests" not in undone:
        undone += migrate.roll_back(database.admin_url, count=1)
    tenant = filled.filled(database)
    migrate.migrate(database.admin_url)
    filled.more(database, tenant, LATER)
    return tenant


def log(database: Database, tenant: UUID) -> list[Row]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(filled.RAW.encode(), [tenant]).fetchall()


def test_each_event_keeps_the_form_in_which_it_was_recorded(
    database: Database, tenant: TenantId
) -> None:
    before = canonical.first_link(tenant.bytes).digest
    for number, row in enumerate(log(database, tenant), start=1):
        form = canonical.digest_joined if number <= EARLIER else canonical.digest
        assert row[-1] == form(tenant.bytes, before, row)
        before = row[-1]
    assert number == END
    assert filled.verified(database, tenant).intact


@pytest.mark.parametrize("position", [1, EARLIER, EARLIER + 1, END])
@pytest.mark.parametrize("column", ["actor", "data", "recorded_at"])
def test_a_change_is_found_in_either_form(
    database: Database, tenant: TenantId, position: int, column: str
) -> None:
    with filled.tampering(database) as connection:
        tamper.change(column, position)(connection, tenant)
    assert filled.places(filled.verified(database, tenant))[0] == ("changed", position)


def test_it_is_proven_without_a_database_and_moves_to_another(
    database: Database, servers: Servers, tenant: TenantId, tmp_path: Path
) -> None:
    filled.seal(database)
    file = transfers.exported(database, tenant, tmp_path / "log.zst")
    assert log_file_verify.verify(file, transfers.TRUSTED).intact
    with fresh_database(servers) as other:
        transfers.imported(other, file)
        assert log(other, tenant) == log(database, tenant)
        assert filled.verified(other, tenant).intact
