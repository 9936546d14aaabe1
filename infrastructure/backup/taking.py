"""Takes a set: what every tenant's log holds beyond the set before, and what stands outside.

Reads as the application's role, each tenant in one snapshot, while appends go on.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row, scalar_row

from infrastructure.backup.collection import SETS, Collection, Set
from infrastructure.backup.manifest import KeptLog, KeptSeal, Outside, Skipped
from infrastructure.event_log import snapshot, tenants
from infrastructure.event_log.canonical import Link, first_link
from infrastructure.event_log.exporter import Exporter
from infrastructure.event_log.seals import SealKey
from infrastructure.sql import Queries
from infrastructure.vault.custody import KeptKey

SQL = Queries(__package__, "taking.sql")

LOCK = 0x6D756E696261636B  # "muniback": the key of the advisory lock


class BackupUnderWay(Exception):  # noqa: N818 - named for what is the matter
    """Another process is making a backup of this installation: wait until it is done."""


class _SealRow(NamedTuple):
    position: int
    digest: bytes
    sealed_at: Any
    key_id: str
    signature: bytes


class Taker:
    """Reads one installation for one set."""

    def __init__(
        self, connection: Connection[Any], key: SealKey, collection: Collection, set_id: str
    ) -> None:
        """`connection` is one of `snapshot.connect`."""
        self._connection = connection
        self._exporter = Exporter(connection, key)
        self._collection, self._set_id = collection, set_id

    def tenants(self) -> list[UUID]:
        """Everybody with a log."""
        found = tenants.every(self._connection)
        return [each.tenant_id for each in found if each.position]

    def new_events(self, before: Set | None) -> int:
        """About how many a set behind this one will hold."""
        known = {each.tenant_id: each.position for each in before.manifest.logs} if before else {}
        found = tenants.every(self._connection)
        return sum((each.position or 0) - known.get(each.tenant_id, 0) for each in found)

    def continues(self, before: Set) -> bool:
        """Whether every log goes on from where a set ended; not so where it was cut since."""
        here = set(self.tenants())
        return all(
            each.tenant_id in here and self._link(each.tenant_id, each.position) == each.head
            for each in before.manifest.logs
        )

    def logs(self, before: Set | None, advance: Callable[[int], None]) -> Iterator[KeptLog]:
        """Write what each log has beyond the set before.

        Raises:
            NotExported: a log is not intact.
        """
        known = {each.tenant_id: each for each in before.manifest.logs} if before else {}
        for number, tenant_id in enumerate(self.tenants(), start=1):
            name = f"{SETS}/{self._set_id}/log-{number:06d}"
            yield self._log(tenant_id, known.get(tenant_id), name, advance)

    def outside(self, chosen: Iterable[UUID]) -> Iterator[Outside]:
        """What tenants have outside their logs. Take it behind the logs: no key is missing then."""
        names = KeptKey.__struct_fields__
        for tenant_id in chosen:
            of = {"tenant_id": tenant_id}
            with snapshot.of_tenant(self._connection, tenant_id):
                keys = self._connection.execute(SQL["kept_keys"], of).fetchall()
                cursor = self._connection.cursor(row_factory=args_row(_skipped))
                skipped = cursor.execute(SQL["skipped"], of).fetchall()
            if keys or skipped:
                kept = [KeptKey(**dict(zip(names, row, strict=True))) for row in keys]
                yield Outside(tenant_id=tenant_id, keys=kept, skipped=skipped)

    def seal_keys(self) -> list[bytes]:
        """The public keys of all seals."""
        return self._scalars("seal_keys")

    def _log(
        self, tenant_id: UUID, before: KeptLog | None, name: str, advance: Callable[[int], None]
    ) -> KeptLog:
        after = before.head if before else first_link(tenant_id.bytes)
        of = {
            "tenant_id": tenant_id,
            "sealed": before.sealed if before else 0,
            "after": after.position,
        }
        file = None
        with snapshot.of_tenant(self._connection, tenant_id):
            head = self._connection.execute(SQL["head"], of).fetchone()
            end = Link(*head) if head else after
            if end.position > after.position:
                with self._collection.writing(name) as written:
                    self._exporter.export(
                        tenant_id, written.out, after=after.position, advance=advance
                    )
                file = written.whole
            sealed = self._connection.execute(SQL["sealed"], of).fetchone()
            cursor = self._connection.cursor(row_factory=args_row(_SealRow))
            late = cursor.execute(SQL["late_seals"], of).fetchall() if before else []
        return KeptLog(
            tenant_id=tenant_id,
            after=after.position,
            position=end.position,
            digest=end.digest,
            sealed=sealed[0] if sealed else 0,
            late_seals=[KeptSeal(**each._asdict()) for each in late],
            file=file,
        )

    def _link(self, tenant_id: UUID, position: int) -> Link | None:
        of = {"tenant_id": tenant_id, "position": position}
        with snapshot.of_tenant(self._connection, tenant_id):
            row = self._connection.execute(SQL["link"], of).fetchone()
        return Link(*row) if row else None

    def _scalars(self, name: str) -> list[Any]:
        return self._connection.cursor(row_factory=scalar_row).execute(SQL[name]).fetchall()


@contextmanager
def alone(connection: Connection[Any]) -> Iterator[None]:
    """The exclusive right to back up this installation; it goes with the connection.

    Raises:
        BackupUnderWay: another process has it.
    """
    cursor = connection.cursor(row_factory=scalar_row)
    if not cursor.execute(SQL["lock"], {"lock": LOCK}).fetchone():
        raise BackupUnderWay("another process is making a backup: wait until it is done")
    yield


def _skipped(projection: str, position: int, dead_letter_id: UUID, skipped_at: Any) -> Skipped:
    return Skipped(
        projection=projection,
        position=position,
        dead_letter_id=dead_letter_id,
        skipped_at=skipped_at,
    )
