"""Reads the file of an export and proves it on the way. Needs no database."""

from collections.abc import Callable, Iterator

from infrastructure.audit import manifest_check
from infrastructure.audit.manifest import Manifest
from infrastructure.audit.manifest_check import Part
from infrastructure.audit.stated import Reader, Stated, refuse
from infrastructure.event_log import canonical, findings, log_file, seals
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.chain import Broken, Chain
from infrastructure.event_log.chain_diagnosis import Fault
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.seals import KeyRing

_REPORTED_EVENTS = 1000


class Verification:
    """One reading: chain, seals and manifests."""

    def __init__(self, reader: Reader, keys: KeyRing | None) -> None:
        self._reader = reader
        self._items = iter(reader)
        self._ahead: Stated | Manifest | None = None
        self._keys = _own_keys(reader) if keys is None else keys
        self._starts = {each.after for each in reader.manifests}
        self._part: Part | None = None
        self._covered = True
        self.tenant_id = b""
        self.first = self.events = self.seals = self.withheld = self.manifests = 0
        self.sealed_position = 0
        self.last = Link(0, b"")
        """The last event that is proven."""
        self.finding: Finding | None = None

    def run(self, advance: Callable[[int], None]) -> None:
        """Read to the end, or to the first thing that is wrong: `finding`."""
        try:
            self._ahead = next(self._items, None)
            while self._ahead is not None:
                self._take(self._ahead, advance)
            if not self.manifests or not self._covered:
                refuse("end", "the file ends before its manifest: its tail is gone")
        except Broken as broken:
            self.finding = Finding.of(broken.fault)
        except Unfit as unfit:
            self.finding = unfit.finding

    def _take(self, ahead: Stated | Manifest, advance: Callable[[int], None]) -> None:
        """What is ahead, and the events behind it that it can be proven with."""
        self._belongs(ahead)
        if isinstance(ahead, Manifest):
            manifest_check.check(
                ahead, self._part, self.last, self._reader.content_sha256, self._keys
            )
            self.manifests += 1
            self._part, self._covered = None, True
            self._ahead = next(self._items, None)
        elif ahead.withheld:
            self._pass_over(ahead)
            self._ahead = next(self._items, None)
        else:
            self._follow(ahead, advance)

    def _belongs(self, ahead: Stated | Manifest) -> None:
        """It is of the same tenant as all before it; the first of all says whose log this is."""
        of_manifest = isinstance(ahead, Manifest)
        tenant_id = ahead.tenant_id.bytes if isinstance(ahead, Manifest) else ahead.tenant_id
        if not self.tenant_id:
            self.tenant_id = tenant_id
        elif self.tenant_id != tenant_id and of_manifest:
            refuse("end", "the manifest is that of another tenant")
        elif self.tenant_id != tenant_id:
            raise Broken(Fault(self.last.position + 1, "inserted", "it is another tenant's"))

    def _link(self, ahead: Stated) -> Link:
        """What the next event has to build on."""
        if self.first:
            return self.last
        position = ahead.row[0]
        if position < 1:
            raise Broken(Fault(position, "inserted", "no log has such a position"))
        self.first = position
        if position == 1:
            return canonical.first_link(self.tenant_id)
        return Link(position - 1, ahead.digest_before)

    def _follow(self, ahead: Stated, advance: Callable[[int], None]) -> None:
        link = self._link(ahead)
        chain = Chain(self.tenant_id, after=link, versions=False)
        for _ in chain.follow(self._rows()):
            event = self._ahead
            assert isinstance(event, Stated)  # noqa: S101 - for the type checker: `_rows` keeps it
            self._proven(event, link.digest)
            link = self.last
            if self.events % _REPORTED_EVENTS == 0:
                advance(_REPORTED_EVENTS)

    def _rows(self) -> Iterator[Row]:
        """The events up to one that is withheld, another tenant's, or a manifest."""
        event = self._ahead
        while isinstance(event, Stated) and not event.withheld:
            if event.tenant_id != self.tenant_id:
                return
            yield event.row
            event = self._ahead = next(self._items, None)

    def _pass_over(self, event: Stated) -> None:
        """An event whose data is withheld can't be proven by itself, but by its neighbours."""
        link, position = self._link(event), event.row[0]
        expected = link.position + 1
        if position > expected:
            raise Broken(Fault(expected, "dropped", f"there is no event at {expected}"))
        if position < expected:
            raise Broken(Fault(position, "inserted", f"a second event stands at {position}"))
        self._proven(event, link.digest)
        self.withheld += 1
        if self._part is not None:
            self._part.withheld += 1

    def _proven(self, event: Stated, before: bytes) -> None:
        position = event.row[0]
        if event.digest_before != before:
            told = "it names another digest of the event before"
            raise Broken(Fault(position, "changed", told))
        if position - 1 in self._starts:
            self._part = Part(start=Link(position - 1, before))
        self.last = Link(position, event.row[13])
        self.events += 1
        self._covered = False
        if self._part is not None:
            self._part.events += 1
        if event.seal is not None:
            self._check_seal(event)

    def _check_seal(self, event: Stated) -> None:
        seal, position = event.seal, event.row[0]
        if seal is None:
            return
        fault = self._keys.fault(self.tenant_id, seal.seal)
        if fault is None and seal.position != position:
            fault = f"its seal is that of {seal.position}"
        if fault is not None:
            raise Unfit(Finding(kind="seal", position=position, detail=fault))
        if seal.seal.digest != self.last.digest:
            good = max(self.sealed_position, self.first - 1)
            raise Unfit(findings.rewritten(position, good, position))
        self.seals += 1
        self.sealed_position = position
        if self._part is not None:
            self._part.seals += 1


def _own_keys(reader: Reader) -> KeyRing:
    """The keys that the file names itself."""
    keys: list[bytes] = []
    for manifest in reader.manifests:
        try:
            ring = seals.read_key_set(log_file.encoder.encode(manifest.seal_keys))
        except ValueError as error:
            refuse("manifest", f"the seals' keys: {error}", error)
        keys += ring.public_keys
    return KeyRing(keys)
