"""Many tenants with the history of one: the log is filled by one statement, its chains unproven."""

from uuid import UUID

import psycopg
from psycopg import Connection, sql

from domain.documents.events import DocumentStageCompleted, DocumentStageStarted
from domain.documents.results import QualityResult
from domain.documents.stages import Stage
from domain.event import Event
from domain.ids import TenantId
from tests.event_log import logs
from tests.projections_engine import histories
from tests.servers import Database

LIFE: list[Event] = [
    histories.ADDED,
    *(
        event
        for stage in Stage
        for event in (
            DocumentStageStarted(stage=stage, attempt=1),
            DocumentStageCompleted(stage=stage, result=QualityResult(score=0.5)),
        )
    ),
]


def tenants(database: Database, count: int, *, documents: int) -> list[UUID]:
    """So many tenants, each with so many documents of 11 events."""
    first = logs.tenant()
    steps = [(logs.stream(), LIFE) for _ in range(documents)]
    histories.write(database.app_url, first, steps)
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE made AS SELECT gen_random_uuid() AS id"
                           " FROM generate_series(2, %s)", [count])  # fmt: skip
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER USER")
        for table in ("events", "heads"):
            _copy(connection, table, first)
        rows = connection.execute("SELECT tenant_id FROM log.heads").fetchall()
    return [tenant_id for (tenant_id,) in rows]


def _copy(connection: Connection[tuple[str]], table: str, first: TenantId) -> None:
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'log' AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
    ]
    other = {
        "tenant_id": sql.SQL("made.id"),
        "stream_id": sql.SQL("md5(made.id::text || of.stream_id)::uuid"),
        "event_id": sql.SQL("gen_random_uuid()"),
    }
    insert = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} of CROSS JOIN made"
        " WHERE of.tenant_id = {first}"
    ).format(
        table=sql.Identifier("log", table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(other.get(name, sql.Identifier("of", name)) for name in columns),
        first=sql.Literal(first),
    )
    connection.execute(insert)
