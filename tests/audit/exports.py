"""Exports of logs, for tests: made as the application's role, without HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from infrastructure.audit import formats
from infrastructure.audit.export import Asked, Export
from infrastructure.audit.pages import LogPages
from infrastructure.database import BatchDatabase
from tests.event_log import filled
from tests.servers import Database
from tests.vaults import VAULT


@contextmanager
def batch(database: Database) -> Iterator[BatchDatabase]:
    found = BatchDatabase(database.app_url, size_max=2)
    found.open()
    try:
        yield found
    finally:
        found.close()


def begun(found: BatchDatabase, tenant: UUID, format_: str = "jsonl", **more: Any) -> Export:
    """An export of the whole log, unless more is said."""
    pages = LogPages(found, tenant, VAULT)
    values = {"after": 0, "until": None, "upto": pages.head().position, "personal": False}
    asked = Asked(tenant_id=tenant, format=format_, by="user:test", **{**values, **more})
    return Export(asked, pages, formats.writer(format_, tenant), filled.KEY)


def chunks(export: Export) -> Iterator[bytes]:
    while (chunk := export.next_chunk()) is not None:
        yield chunk


def made(database: Database, tenant: UUID, format_: str = "jsonl", **more: Any) -> bytes:
    """The whole file."""
    with batch(database) as found:
        return b"".join(chunks(begun(found, tenant, format_, **more)))


def objects(file: bytes) -> list[dict[str, Any]]:
    """The lines of a file of JSON Lines."""
    return [msgspec.json.decode(line) for line in file.split(b"\n") if line]


@contextmanager
def superuser(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url) as connection:
        yield connection
