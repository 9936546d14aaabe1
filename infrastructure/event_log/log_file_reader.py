"""Reads an exported log and proves it on the way. Needs no database."""

from collections.abc import Iterator
from uuid import UUID

from infrastructure.event_log import log_file, moments, seals
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.chain import Broken, Chain
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.log_file import Claim, Event, Header, Line, Manifest, OfCommand
from infrastructure.event_log.log_file_lines import Lines, Unfit
from infrastructure.event_log.seals import KeyRing, Seal


class LogFileReader:
    """One reading of a file: exhaust `events`, then `claims`, then call `finish`."""

    def __init__(
        self, lines: Lines, *, signers: KeyRing | None = None, sealers: KeyRing | None = None
    ) -> None:
        """Begin to read.

        Args:
            lines: of the file, from its first.
            signers: the keys that may have signed the file; if not given, those it names itself.
            sealers: the keys that may have signed its seals; likewise.

        Raises:
            Unfit: it doesn't begin like an exported log.
        """
        self._lines = lines
        header = lines.next()
        if not isinstance(header, Header) or header.format != log_file.FORMAT:
            lines.refuse("this is no exported log of a known format")
        self.header = header
        own = self._own_keys() if signers is None or sealers is None else KeyRing()
        self._signers = own if signers is None else signers
        self._sealers = own if sealers is None else sealers
        self._chain = Chain(header.tenant_id.bytes, after=Link(header.after, header.digest))
        self._ahead: Line | None = None
        self._command = _Command()
        self._claims = 0
        self.last = self._chain.last
        """How far the file is proven."""
        self.seals = 0
        self.sealed_position = 0

    def events(self) -> Iterator[Event]:
        """Every event, once it is proven.

        Raises:
            Unfit: at the first that doesn't belong where it stands.
        """
        try:
            for _ in self._chain.follow(self._rows()):
                event = self._ahead
                assert isinstance(event, Event)  # noqa: S101 - for the type checker: `_rows` set it
                self.last = Link(event.position, event.digest)
                self._check(event)
                yield event
        except Broken as broken:
            raise Unfit(Finding.of(broken.fault)) from broken

    def claims(self) -> Iterator[Claim]:
        """What the tenant's streams hold."""
        while isinstance(self._ahead, Claim):
            claim = self._ahead
            if self.header.after == 0 and claim.stream_id.bytes not in self._chain.streams:
                told = f"a claim of scope {claim.scope} is held by {claim.stream_id}, which is not"
                raise Unfit(Finding(kind="claim", position=None, detail=f"{told} in the log"))
            self._claims += 1
            yield claim
            self._ahead = self._lines.next()

    def finish(self) -> Manifest:
        """Hold everything read against the manifest.

        Raises:
            Unfit: they differ, or nobody trusted has signed the file.
        """
        manifest = self._ahead
        if manifest is None:
            self._lines.refuse("the file ends before its manifest: its tail is gone")
        if not isinstance(manifest, Manifest):
            self._lines.refuse("this line is out of place")
        if Link(manifest.position, manifest.digest) != self.last or (
            (manifest.events, manifest.claims)
            != (self.last.position - self.header.after, self._claims)
        ):
            self._lines.refuse("the manifest is that of another log")
        if manifest.content_sha256 != self._lines.content_sha256:
            self._lines.refuse("the manifest was made for another content")
        message = log_file.signed_message(manifest.content_sha256)
        if manifest.key_id not in self._signers:
            self._lines.refuse(f"the file's key {manifest.key_id} is not a known one")
        if not self._signers.signed(manifest.key_id, message, manifest.signature):
            self._lines.refuse(f"the file is not signed with the key {manifest.key_id}, as it says")
        if self._lines.next() is not None:
            self._lines.refuse("nothing may follow the manifest")
        return manifest

    def _rows(self) -> Iterator[Row]:
        """The events as rows; `_ahead` is the line of the last one, behind the last the next."""
        while isinstance(line := self._lines.next(), Event):
            self._ahead = line
            try:
                yield log_file.row(line)
            except ValueError as error:
                self._lines.refuse(str(error), error)
        self._ahead = line

    def _check(self, event: Event) -> None:
        self._command.pass_on(event)
        if event.command is not None and not self._command.came_to(event.command, self.header):
            told = "its command is said to have come to something else"
            raise Unfit(Finding(kind="command", position=event.position, detail=told))
        if event.seal is None:
            return
        seal = Seal(
            position=event.position,
            digest=event.digest,
            sealed_at=moments.microseconds(event.seal.sealed_at),
            key_id=event.seal.key_id,
            signature=event.seal.signature,
        )
        fault = self._sealers.fault(self.header.tenant_id.bytes, seal)
        if fault is not None:
            raise Unfit(Finding(kind="seal", position=event.position, detail=fault))
        self.seals += 1
        self.sealed_position = event.position

    def _own_keys(self) -> KeyRing:
        try:
            return seals.read_key_set(log_file.encoder.encode(self.header.seal_keys))
        except ValueError as error:
            self._lines.refuse(f"the seals' keys: {error}", error)


class _Command:
    """The command whose events are being read."""

    def __init__(self) -> None:
        self._command_id = self._stream_id = UUID(int=0)
        self._first = 0

    def pass_on(self, event: Event) -> None:
        """The next event."""
        if event.command_id != self._command_id:
            self._command_id, self._stream_id = event.command_id, event.stream_id
            self._first = event.position

    def came_to(self, told: OfCommand, header: Header) -> bool:
        """Whether what is told of it agrees with its events, where the file has all of them."""
        if told.first_position <= header.after:
            return True
        return (told.first_position, told.stream_id) == (self._first, self._stream_id)
