"""One export: the pages of a log become the chunks of a file, in constant memory."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from infrastructure.audit import personal
from infrastructure.audit.exported import Exported
from infrastructure.audit.manifest import FORMAT_VERSION, SOFTWARE, Manifest, StatedSeal
from infrastructure.audit.pages import LogPages, Page
from infrastructure.audit.personal import PersonalFields
from infrastructure.audit.writer import Writer
from infrastructure.event_log import codec, seals
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.seals import KeyRing, SealKey


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an export is to hold."""

    tenant_id: UUID
    format: str
    after: int
    until: int | None
    upto: int
    """Where the log is to end at most: the head when the export began."""
    personal: bool
    by: str


class NoSuchPosition(Exception):  # noqa: N818 - named for what is the matter
    """The log does not reach so far."""


class Export:
    """Gives chunk after chunk of one file. Holds nothing of the database between two of them."""

    def __init__(self, asked: Asked, pages: LogPages, writer: Writer, key: SealKey) -> None:
        """Begin.

        Raises:
            NoSuchPosition: the log does not reach to where the export is to begin.
        """
        start = pages.link(asked.after)
        if start is None:
            raise NoSuchPosition(f"the log has no position {asked.after}")
        self._asked = asked
        self._pages = pages
        self._writer = writer
        self._key = key
        self._start = self.last = start
        self._end = asked.upto if asked.until is None else min(asked.until, asked.upto)
        self.events = 0
        """How many have been given out."""
        self._seals = self._withheld = 0
        self._chunks = self._made()

    @property
    def expected(self) -> int:
        """How many it will be."""
        return max(0, self._end - self._asked.after)

    def next_chunk(self) -> bytes | None:
        """The next part of the file; None after the last."""
        return next(self._chunks, None)

    def _made(self) -> Iterator[bytes]:
        yield self._writer.begin()
        while self.last.position < self._end:
            page = self._pages.page(self.last.position, self._end)
            if not page.rows:
                break  # the log is cut off: the manifest says how far it goes, and its last seal
            yield self._writer.page(self._exported(page))
        yield self._writer.end(self._manifest())

    def _exported(self, page: Page) -> list[Exported]:
        before, made = self.last.digest.hex().encode(), []
        fields = self._fields(page) if self._asked.personal else None
        for row in page.rows:
            withheld = fields is None and personal.stands_in_clear(row)
            seal = page.seals.get(row.position)
            opened = fields.clear(row) if fields and personal.is_personal(row) else None
            made.append(Exported(row, before, seal, withheld, opened))
            self._withheld += withheld
            before = row.digest
        self.events += len(made)
        self._seals += len(page.seals)
        self.last = Link(page.rows[-1].position, bytes.fromhex(before.decode()))
        return made

    def _fields(self, page: Page) -> PersonalFields:
        """For one page, with keys that nobody remembers behind it."""
        rows = ((row.type.decode(), UUID(row.stream_id.decode()), row.data) for row in page.rows)
        return PersonalFields(self._asked.tenant_id, self._pages.keys(codec.persons(rows)))

    def _manifest(self) -> Manifest:
        asked = self._asked
        # In this order: a seal beyond the head proves that the log's tail is gone.
        last_seal, head = self._pages.last_seal(), self._pages.head()
        return Manifest(
            format_version=FORMAT_VERSION,
            format=asked.format,
            software=SOFTWARE,
            tenant_id=asked.tenant_id,
            exported_at=datetime.now(UTC),
            exported_by=asked.by,
            after=asked.after,
            to=max(self._end, asked.after),
            position=self.last.position,
            head=head.position,
            events=self.events,
            seals=self._seals,
            withheld=self._withheld,
            personal=asked.personal,
            digest_before=self._start.digest.hex(),
            digest=self.last.digest.hex(),
            last_seal=None if last_seal is None else StatedSeal.of(last_seal),
            seal_keys=seals.key_set(self._keys()),
            content_sha256=self._writer.content_sha256.hex(),
            key_id=self._key.key_id,
        ).signed(self._key)

    def _keys(self) -> list[bytes]:
        keys = self._pages.public_keys()
        return keys if self._key.key_id in KeyRing(keys) else [self._key.public, *keys]
