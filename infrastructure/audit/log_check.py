"""Proves a stretch of a tenant's log where it lies, within a bound of events and of time.

Whoever trusts neither the server nor its database exports the log and verifies the file.
"""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor
from psycopg.types.numeric import Int8BinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from infrastructure.audit.pages import LogPages
from infrastructure.database import SET_TENANT, BatchDatabase
from infrastructure.event_log import findings
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.chain import Broken, Chain
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.seals import KeyRing, Seal
from infrastructure.sql import Queries

SQL = Queries(__package__, "log_check.sql")

EVENTS_MAX = 50_000
SECONDS_MAX = 5.0
PAGE_EVENTS = 1000


class LinkChanged(Exception):  # noqa: N818 - named for what is the matter
    """The log does not hold this digest at this position."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What proving a stretch of a log came to."""

    intact: bool
    after: int
    position: int
    """How far it is proven."""
    digest: str
    """Of the event there: with it the next stretch is asked for."""
    head: int
    complete: bool
    """Whether all that was asked for is proven; otherwise go on behind `position`."""
    events: int
    seals: int
    sealed_position: int
    """How far good seals vouch for the stretch; 0 where none stands in it."""
    findings: list[Finding]


class LogCheck:
    """One stretch of one log."""

    def __init__(self, database: BatchDatabase, pages: LogPages, tenant_id: UUID) -> None:
        self._database = database
        self._pages = pages
        self._tenant_id = tenant_id
        self._keys = KeyRing(pages.public_keys())
        self._of_page: dict[int, Seal] = {}
        self._ends_at_once = False
        self._seals = self._sealed_position = 0

    def run(self, *, after: int, digest: bytes | None, until: int) -> Checked:
        """Prove the events behind `after` up to `until`, or as many as the bounds allow.

        Raises:
            LinkChanged: there is no event at `after`, or one with another digest.
        """
        start, head = self._pages.link(after), self._pages.head()
        if start is None or (digest is not None and digest != start.digest):
            raise LinkChanged
        end = min(until, head.position)
        chain = Chain(self._tenant_id.bytes, after=start, versions=False)
        finding: Finding | None = None
        try:
            for row in chain.follow(self._rows(after, min(end, after + EVENTS_MAX))):
                if row[0] in self._of_page:
                    self._check_seal(self._of_page[row[0]], row[13], after)
        except Broken as broken:
            finding = Finding.of(broken.fault)
        except Unfit as unfit:
            finding = unfit.finding
        last = chain.last
        finding = finding or self._astray(last, head)
        return Checked(
            intact=finding is None,
            after=after,
            position=last.position,
            digest=last.digest.hex(),
            head=head.position,
            complete=finding is None and last.position >= end,
            events=last.position - after,
            seals=self._seals,
            sealed_position=self._sealed_position,
            findings=[] if finding is None else [finding],
        )

    def _rows(self, after: int, until: int) -> Iterator[Row]:
        """As many events as there is time for."""
        deadline = time.monotonic() + SECONDS_MAX
        while after < until and time.monotonic() < deadline:
            page = self._page(after, until)
            if not page:
                self._ends_at_once = True
                return
            self._of_page = self._pages.seals(after, page[-1][0])
            yield from page
            after = page[-1][0]

    def _page(self, after: int, until: int) -> list[Row]:
        of = {"tenant_id": self._tenant_id, "after": after, "until": until, "limit": PAGE_EVENTS}
        with self._database.connection() as connection:
            with connection.pipeline():
                connection.execute(SET_TENANT, [str(self._tenant_id)])
                cursor: Cursor[Any] = connection.cursor(binary=True)
                for kind in ("uuid", "text"):
                    cursor.adapters.register_loader(kind, ByteaBinaryLoader)
                cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
                cursor.execute(SQL["rows"], of)
            return cursor.fetchall()

    def _check_seal(self, seal: Seal, digest: bytes, after: int) -> None:
        fault = self._keys.fault(self._tenant_id.bytes, seal)
        if fault is not None:
            raise Unfit(Finding(kind="seal", position=seal.position, detail=fault))
        if seal.digest != digest:
            good = max(after, self._sealed_position)
            raise Unfit(findings.rewritten(seal.position, good, seal.position))
        self._seals += 1
        self._sealed_position = seal.position

    def _astray(self, last: Link, head: Link) -> Finding | None:
        """What is wrong where the events themselves are in order."""
        if self._ends_at_once:
            told = f"the log ends at {last.position}, its head is at {head.position}"
            return Finding(kind="dropped", position=last.position + 1, detail=told)
        if last.position == head.position and last.digest != head.digest:
            told = "the head holds another digest"
            return Finding(kind="changed", position=last.position, detail=told)
        seal = self._pages.last_seal() if last.position == head.position else None
        # Appends go on: a seal beyond this head may be one of a later head.
        if seal is not None and seal.position > self._pages.head().position:
            return findings.rewritten(seal.position, last.position, head.position)
        return None
