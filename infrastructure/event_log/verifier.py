"""Verifies logs in the database: the chain, its seals, and what must agree with it.

Reads as the application's role, tenant by tenant, each in one snapshot: appends go on meanwhile.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any

from psycopg.rows import scalar_row

from infrastructure.event_log import agreement, chain, snapshot, tenants
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.chain import Chain
from infrastructure.event_log.chain_diagnosis import Fault
from infrastructure.event_log.findings import Finding, Verified
from infrastructure.event_log.seals import KeyRing
from infrastructure.event_log.tenants import Tenant
from infrastructure.sql import Queries

SQL = Queries(__package__, "verifier.sql")


class Verifier:
    """Verifies the logs of one database, reading each twice at once over two connections."""

    def __init__(self, url: str, *, keys: KeyRing | None = None) -> None:
        """Connect. Without `keys`, the seals' keys are those that the database publishes."""
        self._connection = snapshot.connect(url)
        self._beside = snapshot.connect(url)
        self._thread = ThreadPoolExecutor(1)
        self._keys = KeyRing(self._scalars("keys")) if keys is None else keys

    def close(self) -> None:
        """Let go of the database."""
        self._thread.shutdown()
        self._connection.close()
        self._beside.close()

    def tenants(self) -> list[Tenant]:
        """Every tenant that the database knows of."""
        return tenants.every(self._connection)

    def verify(self, tenant: Tenant, advance: Callable[[int], None]) -> Verified:
        """One log. `advance` is told, now and then, how many more events have been read."""
        of = {"tenant_id": tenant.tenant_id}
        connection, beside = self._connection, self._beside
        with (
            snapshot.of_tenant(connection, tenant.tenant_id),
            snapshot.same(connection, beside, tenant.tenant_id),
        ):
            row = connection.execute(SQL["head"], of).fetchone()
            head = Link(*row) if row else Link(0, b"")
            agreed = self._thread.submit(
                agreement.check, beside, tenant.tenant_id, head.position, self._keys
            )
            try:
                followed = Chain(tenant.tenant_id.bytes, head=head if row else None)
                with closing(snapshot.stream(connection, SQL["events"], of, raw=True)) as events:
                    fault = chain.verify(followed, _counted(events, advance))
            finally:
                found = agreed.result()
        findings = list(_findings(fault, found, head_is_gone=row is None))
        return Verified(
            tenant_id=tenant.tenant_id,
            slug=tenant.slug,
            events=followed.last.position,
            position=followed.last.position,
            seals=found.sealed.count,
            sealed_position=min(found.sealed.last_good, followed.last.position),
            findings=findings,
        )

    def _scalars(self, name: str) -> list[Any]:
        return self._connection.cursor(row_factory=scalar_row).execute(SQL[name]).fetchall()


def _findings(
    fault: Fault | None, found: agreement.Agreement, *, head_is_gone: bool
) -> Iterator[Finding]:
    """Everything that is wrong."""
    if head_is_gone:
        told = "the log has no head, yet there are traces of this tenant"
        yield Finding(kind="head", position=None, detail=told)
    sealed = found.sealed
    # What a seal behind a break says of the log is no more than a consequence of that.
    if sealed.finding is not None and (
        fault is None or sealed.finding.kind == "seal" or sealed.first_bad < fault.position
    ):
        yield sealed.finding
    if fault is not None:
        yield Finding.of(fault)
    yield from found.findings


def _counted(events: Iterator[Row], advance: Callable[[int], None]) -> Iterator[Row]:
    """The events; `advance` hears of them by the chunk."""
    while chunk := list(islice(events, snapshot.CHUNK_ROWS)):
        yield from chunk
        advance(len(chunk))
