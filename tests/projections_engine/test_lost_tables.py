"""What a read sees of tables that come and go."""

import asyncio
from collections import Counter

import psycopg
import pytest

from domain.ids import TenantId
from infrastructure.database import Database as Reads
from projections.documents import document_list
from tests.event_log import logs
from tests.servers import Database

READS = 12
UNTIL_PREPARED = 5
"""So many executions psycopg waits by default before it prepares a statement."""


@pytest.mark.parametrize("reads_before", range(UNTIL_PREPARED + 2))
def test_a_connection_that_met_a_lost_table_reads_again_once_it_is_back(
    database: Database, reads_before: int
) -> None:
    tenant = logs.tenant()

    async def outcome(reads: Reads) -> str:
        try:
            await document_list.page(reads, TenantId(tenant), before=9, limit=5)
        except psycopg.Error as error:
            return type(error).__name__
        return "read"

    async def life() -> list[Counter[str]]:
        reads = Reads(database.app_url, size_max=1)
        await reads.open()
        found = [Counter([await outcome(reads) for _ in range(reads_before)])]
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            try:
                for name, other in (("documents_v1", "gone"), ("gone", "documents_v1")):
                    connection.execute(f"ALTER TABLE read.{name} RENAME TO {other}".encode())
                    found.append(Counter([await outcome(reads) for _ in range(READS)]))
            finally:
                await reads.close()
        return found

    assert asyncio.run(life()) == [
        Counter(read=reads_before),
        Counter(UndefinedTable=READS),
        Counter(read=READS),
    ]
