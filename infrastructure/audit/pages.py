"""Reads a range of a tenant's log page by page, raw, as an export and a verification need it.

Events never change and have no gaps, so pages read one after the other are as good as one long
snapshot: nothing is held open between them, however slow the reader of an export is.
"""

from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import scalar_row
from psycopg.types.numeric import Int8BinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from infrastructure.audit.exported import LogRow
from infrastructure.database import SET_TENANT, BatchDatabase
from infrastructure.event_log.canonical import Link, first_link
from infrastructure.event_log.seals import Seal
from infrastructure.sql import Queries
from infrastructure.vault.vault import NO_KEYS, KeyRow, Keys, Vault
from infrastructure.vault.vault import SQL as VAULT

SQL = Queries(__package__, "pages.sql")

PAGE_EVENTS = 1000
PAGE_OCTETS = 4 * 2**20
"""A page ends with the event that goes beyond this."""


class Page(NamedTuple):
    """Events behind each other, and the seals of their positions."""

    rows: list[LogRow]
    seals: dict[int, Seal]


class LogPages:
    """The log of one tenant, read as the application's role."""

    def __init__(self, database: BatchDatabase, tenant_id: UUID, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._of = {"tenant_id": tenant_id}
        self._tenant_id = tenant_id

    def head(self) -> Link:
        """Where the log ends; its beginning where there is none."""
        found = self._rows("head", {})
        return Link(*found[0]) if found else first_link(self._tenant_id.bytes)

    def link(self, position: int) -> Link | None:
        """The digest at a position; None where the log has no such position."""
        if position == 0:
            return first_link(self._tenant_id.bytes)
        found = self._rows("digest_at", {"after": position})
        return Link(position, found[0][0]) if found else None

    def public_keys(self) -> list[bytes]:
        """Of every seal of this installation, the newest first."""
        with self._database.connection() as connection:
            return connection.cursor(row_factory=scalar_row).execute(SQL["keys"]).fetchall()

    def last_seal(self) -> Seal | None:
        """The one furthest on."""
        found = self._rows("last_seal", {})
        return _seal(found[0]) if found else None

    def page(self, after: int, until: int) -> Page:
        """The next events behind `after`, up to `until` at most; none where there are none."""
        bounds = {"limit": PAGE_EVENTS, "octets": PAGE_OCTETS}
        found = self._rows("page", {"after": after, "until": until, **bounds})
        rows = [LogRow._make(row) for row in found]
        return Page(rows, self.seals(after, rows[-1].position) if rows else {})

    def seals(self, after: int, until: int) -> dict[int, Seal]:
        """Those of a stretch of the log, by their positions."""
        found = self._rows("seals", {"after": after, "until": until})
        return {seal.position: seal for seal in map(_seal, found)}

    def keys(self, persons: set[UUID]) -> Keys:
        """What opens the boxes of these persons."""
        if not persons:
            return NO_KEYS
        parameters = {"person_ids": list(persons)}
        rows = self._database.rows(self._tenant_id, VAULT["keys"], parameters, KeyRow)
        return self._vault.opened(self._tenant_id, rows)

    def _rows(self, name: str, parameters: dict[str, Any]) -> list[Any]:
        """Texts as UTF-8, times as microseconds since 2000."""
        with self._database.connection() as connection:
            with connection.pipeline():
                connection.execute(SET_TENANT, [str(self._tenant_id)])
                cursor = _raw_cursor(connection)
                cursor.execute(SQL[name], {**parameters, **self._of})
            return cursor.fetchall()


def _raw_cursor(connection: Connection[Any]) -> Cursor[tuple[Any, ...]]:
    cursor: Cursor[tuple[Any, ...]] = connection.cursor(binary=True)
    cursor.adapters.register_loader("text", ByteaBinaryLoader)
    cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
    return cursor


def _seal(row: tuple[Any, ...]) -> Seal:
    position, digest, sealed_at, key_id, signature = row
    return Seal(
        position=position,
        digest=digest,
        sealed_at=sealed_at,
        key_id=key_id.decode(),
        signature=signature,
    )
