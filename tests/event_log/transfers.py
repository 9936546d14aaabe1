"""Logs on their way from one database to another, for tests."""

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import zstandard
from psycopg import sql

from infrastructure.event_log import snapshot
from infrastructure.event_log.exporter import Exporter
from infrastructure.event_log.importer import Importer, Plan
from infrastructure.event_log.seals import KeyRing, SealKey
from tests.event_log import filled
from tests.servers import Database

TRUSTED = KeyRing([filled.KEY.public])
OTHER = SealKey("the secret text of another installation")
TABLES = ("heads", "events", "commands", "claims", "seals")
ROWS = sql.SQL("SELECT * FROM {} ORDER BY 1, 2, 3")


def exported(
    database: Database,
    tenant: UUID,
    path: Path,
    *,
    after: int = 0,
    key: SealKey = filled.KEY,
) -> Path:
    with closing(snapshot.connect(database.app_url)) as connection, path.open("wb") as file:
        Exporter(connection, key).export(tenant, file, after=after)
    return path


def imported(
    database: Database, path: Path, trusted: KeyRing = TRUSTED, meanwhile: Any = lambda _: None
) -> Plan:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        importer = Importer(connection, trusted)
        plan = importer.examine(path, lambda _: None)
        meanwhile(plan)
        if plan.events:
            importer.write(plan, lambda _: None)
        return plan


def kept(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(database.admin_url) as connection:
        return {
            name: connection.execute(ROWS.format(sql.Identifier("log", name))).fetchall()
            for name in TABLES
        }


def lines(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read().splitlines(keepends=True)


def write(path: Path, changed: list[bytes]) -> Path:
    path.write_bytes(zstandard.ZstdCompressor().compress(b"".join(changed)))
    return path
