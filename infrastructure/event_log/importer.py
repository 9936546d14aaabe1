"""Imports an exported log into a database where the tenant has none, or an earlier part of it.

The file is proven as a whole before anything is written, and once more while it is; what doesn't
prove itself leaves nothing. Takes an administrator's connection: the application can't write events
but by appending them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import Connection
from psycopg.rows import scalar_row

from infrastructure.database import SET_TENANT
from infrastructure.event_log import log_file_lines
from infrastructure.event_log.canonical import Link, first_link
from infrastructure.event_log.incoming import Incoming, NotImported
from infrastructure.event_log.log_file import Event, Manifest
from infrastructure.event_log.log_file_reader import LogFileReader
from infrastructure.event_log.seals import KeyRing
from infrastructure.sql import Queries

SQL = Queries(__package__, "importer.sql")

_REPORTED_EVENTS = 1000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is proven and fits."""

    path: Path
    tenant_id: UUID
    head: Link
    """Where the tenant's log ends here."""
    manifest: Manifest

    @property
    def events(self) -> int:
        """How many the log lacks."""
        return max(0, self.manifest.position - self.head.position)


class Importer:
    """Imports with the connection of a role that may act as `muniment_owner`."""

    def __init__(self, connection: Connection[Any], trusted: KeyRing) -> None:
        """`trusted` are keys beside those that this database has already published."""
        self._connection = connection
        cursor = connection.cursor(row_factory=scalar_row)
        published = cursor.execute(SQL["keys"]).fetchall()
        self._signers = KeyRing([*trusted.public_keys, *published])

    def examine(self, path: Path, advance: Callable[[int], None]) -> Plan:
        """Prove the whole file, and that it goes on from the log that is here. Writes nothing.

        Raises:
            Unfit: the file is damaged, or not signed with a trusted key.
            NotImported: it is of another log than the one that is here.
        """
        with log_file_lines.opened(path) as lines:
            reader = LogFileReader(lines, signers=self._signers)
            header = reader.header
            head = self._head(header.tenant_id)
            met = header.digest if head.position == header.after else None
            for event in _reported(reader.events(), advance):
                if event.position == head.position:
                    met = event.digest
            for _ in reader.claims():
                pass
            manifest = reader.finish()
        plan = Plan(path=path, tenant_id=header.tenant_id, head=head, manifest=manifest)
        self._meet(plan, header.after, met)
        return plan

    def write(self, plan: Plan, advance: Callable[[int], None]) -> None:
        """Write what the log lacks, in one transaction.

        Raises:
            Unfit: the file is not the one that was examined.
            NotImported: the log has grown meanwhile, or another tenant holds a claim of this one.
        """
        connection = self._connection
        try:
            with connection.transaction(), log_file_lines.opened(plan.path) as lines:
                connection.execute(SQL["act_as_owner"])
                connection.execute(SET_TENANT, [str(plan.tenant_id)])
                self._lock(plan)
                reader = LogFileReader(lines, signers=self._signers)
                incoming = Incoming(connection, plan.tenant_id)
                events = (event for event in reader.events() if event.position > plan.head.position)
                incoming.take_events(_reported(events, advance))
                incoming.take_claims(reader.claims())
                if reader.finish() != plan.manifest:
                    raise NotImported("the file has changed since it was examined")
                incoming.settle(reader.header)
        except psycopg.errors.UniqueViolation as error:
            if error.diag.table_name != "claims":
                raise NotImported("a part of it is here already, beside its log") from error
            raise NotImported("another tenant here holds a claim of this one") from error
        except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as error:
            raise NotImported(f"the database refuses it: {error.diag.message_primary}") from error

    def _lock(self, plan: Plan) -> None:
        """From here on nobody appends."""
        of = {"tenant_id": plan.tenant_id}
        self._connection.execute(SQL["make_head"], of)
        row = self._connection.execute(SQL["lock_head"], of).fetchone()
        if row is None or Link(*row) != plan.head:
            raise NotImported("the log has grown since the file was examined: try again")

    def _head(self, tenant_id: UUID) -> Link:
        with self._connection.transaction():
            self._connection.execute(SET_TENANT, [str(tenant_id)])
            row = self._connection.execute(SQL["head"], {"tenant_id": tenant_id}).fetchone()
        return Link(*row) if row else first_link(tenant_id.bytes)

    def _meet(self, plan: Plan, after: int, met: bytes | None) -> None:
        """`met` is the digest that the file has at the head of the log here."""
        if plan.head.position < after:
            raise NotImported(
                f"the file goes on behind {after}, and the log here ends at {plan.head.position}"
            )
        if plan.head.position > plan.manifest.position:
            met_here = self._digest_at(plan.tenant_id, plan.manifest.position)
            if met_here != plan.manifest.digest:
                raise NotImported(f"the log here is another one at {plan.manifest.position}")
        elif met != plan.head.digest:
            raise NotImported(f"the log here is another one at {plan.head.position}")

    def _digest_at(self, tenant_id: UUID, position: int) -> bytes | None:
        of = {"tenant_id": tenant_id, "position": position}
        with self._connection.transaction():
            self._connection.execute(SET_TENANT, [str(tenant_id)])
            row = self._connection.execute(SQL["digest_at"], of).fetchone()
        return row[0] if row else None


def _reported(events: Iterator[Event], advance: Callable[[int], None]) -> Iterator[Event]:
    count = 0
    for count, event in enumerate(events, start=1):
        yield event
        if count % _REPORTED_EVENTS == 0:
            advance(_REPORTED_EVENTS)
    advance(count % _REPORTED_EVENTS)
