"""Exports the log of a tenant as a file that proves itself. See `log_file`.

Reads as the application's role, in one snapshot and constant memory, and proves the chain on the
way: a log that is not intact is not exported.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import UUID

import zstandard
from psycopg import Connection
from psycopg.rows import scalar_row

from infrastructure.event_log import log_file, seals, snapshot
from infrastructure.event_log.canonical import Link, Row, first_link
from infrastructure.event_log.chain import Broken, Chain
from infrastructure.event_log.log_file import (
    Claim,
    Event,
    Header,
    Line,
    Manifest,
    OfCommand,
    OfSeal,
)
from infrastructure.event_log.log_file_lines import LineWriter
from infrastructure.event_log.seals import KeyRing, SealKey
from infrastructure.sql import Queries

SQL = Queries(__package__, "exporter.sql")

LINES_PER_WRITE = 500


class NotExported(Exception):  # noqa: N818 - named for what happened
    """The log can't be exported from there, or is not intact."""


class Exporter:
    """Exports with the key that signs this installation's seals."""

    def __init__(self, connection: Connection[Any], key: SealKey) -> None:
        self._connection = connection
        self._key = key

    def export(
        self,
        tenant_id: UUID,
        file: BinaryIO,
        *,
        after: int = 0,
        advance: Callable[[int], None] = lambda _: None,
    ) -> Manifest:
        """Write the events behind position `after`, and all claims.

        Raises:
            NotExported: the log does not reach so far, or is not intact.
        """
        with (
            snapshot.of_tenant(self._connection, tenant_id),
            zstandard.ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False) as out,
        ):
            export = _Export(self._connection, tenant_id, after, LineWriter(out))
            return export.run(self._key, advance)


class _Export:
    """One export in the snapshot that the connection has open."""

    def __init__(
        self, connection: Connection[Any], tenant_id: UUID, after: int, writer: LineWriter
    ) -> None:
        self._connection = connection
        self._of = {"tenant_id": tenant_id, "after": after}
        self._tenant_id = tenant_id
        self._start = self._link() if after else first_link(tenant_id.bytes)
        self._writer = writer
        self._line: Event
        self._commands = self._seals = self._claims = 0

    def run(self, key: SealKey, advance: Callable[[int], None]) -> Manifest:
        """Everything from header to manifest."""
        self._writer.write([self._header(key)])
        last = self._write_events(advance)
        if self._connection.execute(SQL["counts"], self._of).fetchone() != (
            (self._commands, self._seals)
        ):
            raise NotExported("a command or a seal of the log belongs to no event: verify it")
        self._write_claims()
        content = self._writer.content_sha256
        manifest = Manifest(
            position=last.position,
            digest=last.digest,
            events=last.position - self._start.position,
            claims=self._claims,
            content_sha256=content,
            key_id=key.key_id,
            signature=key.sign(log_file.signed_message(content)),
        )
        self._writer.write([manifest])
        return manifest

    def _header(self, key: SealKey) -> Header:
        cursor = self._connection.cursor(row_factory=scalar_row)
        keys = cursor.execute(SQL["keys"]).fetchall()
        if key.key_id not in KeyRing(keys):
            keys.insert(0, key.public)
        return Header(
            format=log_file.FORMAT,
            tenant_id=self._tenant_id,
            after=self._start.position,
            digest=self._start.digest,
            exported_at=datetime.now(UTC),
            seal_keys=seals.key_set(keys),
        )

    def _link(self) -> Link:
        row = self._connection.execute(SQL["link"], self._of).fetchone()
        if row is None:
            raise NotExported(f"the log has no position {self._of['after']}")
        return Link(*row)

    def _write_events(self, advance: Callable[[int], None]) -> Link:
        row = self._connection.execute(SQL["head"], self._of).fetchone()
        if row is None:
            raise NotExported("the tenant has no log")
        chain = Chain(self._tenant_id.bytes, after=self._start, head=Link(*row), versions=False)
        lines: list[Line] = []
        found = snapshot.stream(self._connection, SQL["events"], self._of)
        try:
            with closing(found):
                for _ in chain.follow(self._rows(found)):
                    lines.append(self._line)
                    if len(lines) == LINES_PER_WRITE:
                        self._writer.write(lines)
                        advance(len(lines))
                        lines.clear()
        except Broken as broken:
            raise NotExported(f"the log is not intact: {broken}") from broken
        self._writer.write(lines)
        advance(len(lines))
        return chain.last

    def _rows(self, found: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
        """The events as rows; `_line` is what is to be written of the last one."""
        for columns in found:
            self._line = line = _event(columns)
            self._commands += line.command is not None
            self._seals += line.seal is not None
            yield log_file.row(line)

    def _write_claims(self) -> None:
        for scope, key, stream_id in snapshot.stream(self._connection, SQL["claims"], self._of):
            self._claims += 1
            self._writer.write([Claim(scope=scope, key=key, stream_id=stream_id)])


def _event(columns: tuple[Any, ...]) -> Event:
    """One row of the query `events`."""
    (position, stream_id, version, type_, schema, event_id, command_id, correlation_id,
     causation_id, actor, recorded_at, metadata, data, digest,
     *of_command, sealed_at, key_id, signature) = columns  # fmt: skip
    first_position, first_stream, reached, fingerprint = of_command
    metadata_text, metadata_octets = _text(metadata)
    data_text, data_octets = _text(data)
    return Event(
        position=position,
        stream_id=stream_id,
        version=version,
        type=type_,
        schema=schema,
        event_id=event_id,
        command_id=command_id,
        correlation_id=correlation_id,
        causation_id=causation_id,
        actor=actor,
        recorded_at=recorded_at,
        metadata=metadata_text,
        metadata_octets=metadata_octets,
        data=data_text,
        data_octets=data_octets,
        digest=digest,
        command=None
        if first_position is None
        else OfCommand(
            first_position=first_position,
            stream_id=first_stream,
            version=reached,
            fingerprint=fingerprint,
        ),
        seal=None
        if key_id is None
        else OfSeal(sealed_at=sealed_at, key_id=key_id, signature=signature),
    )


def _text(octets: bytes) -> tuple[str | None, bytes | None]:
    """As text where it is UTF-8, else as it is."""
    try:
        return octets.decode(), None
    except UnicodeDecodeError:
        return None, octets
