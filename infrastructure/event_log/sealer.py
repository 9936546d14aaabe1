"""Seals the heads of logs that have grown, every now and then; and publishes the keys."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import scalar_row

from infrastructure.database import BatchDatabase, Database
from infrastructure.event_log import moments, seals
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.seals import SealKey
from infrastructure.sql import Queries

SQL = Queries(__package__, "sealer.sql")

SEAL_SECONDS = 60.0
TENANTS_PER_TURN = 500

log = structlog.get_logger(__name__)


class Sealer:
    """Seals with one key. Safe in any number of processes; one is enough."""

    def __init__(self, database: BatchDatabase, key: SealKey) -> None:
        self._database = database
        self._key = key
        self._due_at = 0.0

    def turn(self) -> int:
        """Seal if it is time to, at most 500 logs, and tell how many."""
        now = time.monotonic()
        if now < self._due_at:
            return 0
        sealed = self.seal(limit=TENANTS_PER_TURN)
        if sealed < TENANTS_PER_TURN:
            self._due_at = now + SEAL_SECONDS
        return sealed

    def seal(self, *, limit: int) -> int:
        """Seal the heads of up to `limit` logs that have grown since their last seal."""
        with self._database.connection() as connection:
            waiting = connection.execute(SQL["tenants_to_seal"], {"limit": limit}).fetchall()
            if waiting:
                connection.execute(SQL["publish_key"], {"public_key": self._key.public})
            links = [(tenant_id, Link(position, digest)) for tenant_id, position, digest in waiting]
            return sum(self._seal(connection, tenant_id, link) for tenant_id, link in links)

    def _seal(self, connection: Connection[Any], tenant_id: UUID, link: Link) -> bool:
        """One log. A head that its log does not bear out is left unsealed, and told."""
        now = datetime.now(UTC)
        seal = self._key.seal(tenant_id.bytes, link, moments.microseconds(now))
        parameters = {
            "tenant_id": tenant_id,
            "position": seal.position,
            "digest": seal.digest,
            "sealed_at": now,
            "key_id": seal.key_id,
            "signature": seal.signature,
        }
        cursor = connection.cursor(row_factory=scalar_row)
        try:
            return bool(cursor.execute(SQL["seal"], parameters).fetchone())
        except psycopg.errors.CheckViolation:
            log.error("seal.refused", tenant_id=str(tenant_id), position=link.position)  # noqa: TRY400 - the reason is known
            return False


class PublishedSealKeys:
    """The public keys of every seal of this installation, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def key_set(self) -> dict[str, Any]:
        """As a JSON Web Key Set."""
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            await cursor.execute(SQL["keys"])
            return seals.key_set(await cursor.fetchall())
