"""Brings logs, keys of persons and what else belongs to them into a database that has none.

Each tenant's part of a set is one transaction, so a restore that was killed goes on where it was.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import scalar_row

from domain.ids import PLATFORM
from domain.platform import streams
from infrastructure.backup import cut
from infrastructure.backup.collection import Collection
from infrastructure.backup.cut import Until
from infrastructure.backup.manifest import KeptLog, Manifest, Outside
from infrastructure.database import SET_TENANT
from infrastructure.event_log import log_file_lines
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.incoming import Incoming
from infrastructure.event_log.log_file import Claim, Event
from infrastructure.event_log.log_file_reader import LogFileReader
from infrastructure.sql import Queries
from infrastructure.vault import custody
from infrastructure.vault.custody import Custody, KeyFile
from infrastructure.vault.master_keys import MasterKeys

SQL = Queries(__package__, "restoring.sql")

Erased = dict[UUID, set[UUID]]
"""By tenant, who was erased as far as any set knows."""
_REPORTED_EVENTS = 1000


class NotRestored(Exception):  # noqa: N818 - named for what happened
    """The database is not one that a restore may write to, or the set is not one for it."""


class Restorer:
    """Writes with an administrator's connection, in autocommit mode."""

    def __init__(
        self, connection: Connection[Any], collection: Collection, master_keys: MasterKeys
    ) -> None:
        self._connection, self._collection = connection, collection
        self._custody = Custody(connection, master_keys)

    def begun(self, set_id: str, until: str | None) -> bool:
        """Whether the same restore was begun before, and not finished.

        Raises:
            NotRestored: there is something else in the database.
        """
        with self._acting():
            row = self._connection.execute(SQL["began"]).fetchone()
            heads = self._connection.execute(SQL["heads"]).fetchone()
        if row is not None and tuple(row[1:]) == (set_id, until, False):
            return True
        if row is not None or (heads and heads[0]):
            raise NotRestored(
                "a restore takes an empty database: there are logs in this one already"
            )
        return False

    def begin(self, set_id: str, until: str | None) -> None:
        """From here on no token from before is good."""
        with self._acting():
            self._connection.execute(SQL["begin"], {"set_id": set_id, "until": until})

    def finish(self) -> None:
        """The restore is complete."""
        with self._acting():
            self._connection.execute(SQL["finish"])

    def outside(self, outside: Outside, erased: set[UUID]) -> None:
        """Keep the keys of persons, but of nobody who was erased."""
        tenant_id = outside.tenant_id
        keys = [key for key in outside.keys if key.person_id not in erased]
        gone = [custody.KeptKey(person_id=each) for each in erased]
        self._custody.take(KeyFile(format=custody.FORMAT, tenant_id=tenant_id, keys=[*keys, *gone]))
        with self._acting(tenant_id):
            for each in outside.skipped:
                of = {"tenant_id": tenant_id, **msgspec.structs.asdict(each)}
                self._connection.execute(SQL["skip"], of)

    def log(
        self, kept: KeptLog, until: Until, erased: set[UUID], advance: Callable[[int], None]
    ) -> None:
        """Write one tenant's part of a set, as far as it is wanted.

        Raises:
            BackupDamaged, Unfit: it is not what was written.
            NotRestored: it doesn't go on where the log ends here.
        """
        connection, of = self._connection, {"tenant_id": kept.tenant_id}
        with self._acting(kept.tenant_id):
            connection.execute(SQL["make_head"], of)
            row = connection.execute(SQL["lock_head"], of).fetchone()
            head = Link(*row) if row else Link(0, b"")
            if kept.file is not None and head.position < kept.position:
                if head.position < kept.after:
                    if until is None:
                        raise NotRestored(f"the log of {kept.tenant_id} ends at {head.position}")
                    return  # it was cut in a set before
                self._write(kept, head, until, erased, advance)
            for seal in kept.late_seals:
                if until is None or seal.position <= head.position:
                    connection.execute(SQL["keep_seal"], of | msgspec.structs.asdict(seal))

    def publish(self, manifest: Manifest) -> None:
        """The public keys of the seals."""
        with self._acting():
            for key in manifest.seal_keys:
                self._connection.execute(SQL["publish_seal_key"], {"public_key": key})

    def heads(self) -> dict[UUID, int]:
        """Where each log ends."""
        with self._acting():
            return dict(self._connection.execute(SQL["head_positions"]).fetchall())

    def marker(self) -> tuple[datetime, str] | None:
        """When the newest set that the restored log knows of was begun, and its id."""
        of = {"tenant_id": PLATFORM, "stream_id": streams.of_backups()}
        with self._acting(PLATFORM):
            row = self._connection.execute(SQL["marker"], of).fetchone()
        return (row[0], row[1]) if row else None

    def still_to_erase(self, erased: Erased) -> list[tuple[UUID, UUID]]:
        """Tenant and person, where the log that was restored doesn't know of an erasure yet."""
        found: list[tuple[UUID, UUID]] = []
        for tenant_id, persons in erased.items():
            of = {"tenant_id": tenant_id, "person_ids": list(persons)}
            with self._acting(tenant_id):
                cursor = self._connection.cursor(row_factory=scalar_row)
                left = cursor.execute(SQL["not_erased"], of).fetchall()
            found += [(tenant_id, person_id) for person_id in left]
        return found

    def _write(
        self,
        kept: KeptLog,
        head: Link,
        until: Until,
        erased: set[UUID],
        advance: Callable[[int], None],
    ) -> None:
        assert kept.file is not None  # noqa: S101 - for the type checker: the caller asked
        connection, of = self._connection, {"tenant_id": kept.tenant_id}
        with (
            self._collection.reading(kept.file.name) as file,
            log_file_lines.reading(file) as lines,
        ):
            reader = LogFileReader(lines)
            incoming = Incoming(connection, kept.tenant_id)
            wanted = cut.kept(reader.events(), until)
            new = (event for event in wanted if event.position > head.position)
            incoming.take_events(_reported(new, advance))
            claims = list(reader.claims())
            if reader.finish().digest != kept.digest:
                raise NotRestored(f"{kept.file.name} is not of the log that the set names")
            if until is not None:
                claims = self._and_held(claims, kept.tenant_id)
            incoming.take_claims([each for each in claims if not _of_erased(each, erased)])
            incoming.settle(reader.header)
        if until is not None:  # nothing is held by a stream that begins behind the cut
            connection.execute(SQL["release_of_no_stream"], of)
            connection.execute(SQL["forget_empty_head"], of)
        connection.execute(SQL["without_claims_of"], of | {"person_ids": list(erased)})

    def _and_held(self, claims: Sequence[Claim], tenant_id: UUID) -> list[Claim]:
        """Also what was held before the set: where a log is cut, nothing may be released yet."""
        rows = self._connection.execute(SQL["held"], {"tenant_id": tenant_id}).fetchall()
        held = [Claim(scope=scope, key=key, stream_id=stream) for scope, key, stream in rows]
        taken = {(each.scope, each.key) for each in held}
        return [*held, *(each for each in claims if (each.scope, each.key) not in taken)]

    @contextmanager
    def _acting(self, tenant_id: UUID | None = None) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute(SQL["act_as_owner"])
            if tenant_id is not None:
                self._connection.execute(SET_TENANT, [str(tenant_id)])
            yield


def erased_persons(collection: Collection, manifests: Sequence[Manifest]) -> Erased:
    """Everybody whom any of these sets knows to be erased."""
    found: Erased = {}
    for manifest in manifests:
        for each in collection.read_lines(manifest.outside, Outside):
            gone = {key.person_id for key in each.keys if key.wrapped_key is None}
            found.setdefault(each.tenant_id, set()).update(gone)
    return found


def _of_erased(claim: Claim, erased: set[UUID]) -> bool:
    return claim.scope == "login.email" and claim.stream_id in erased


def _reported(events: Iterator[Event], advance: Callable[[int], None]) -> Iterator[Event]:
    count = 0
    for count, event in enumerate(events, start=1):
        yield event
        if count % _REPORTED_EVENTS == 0:
            advance(_REPORTED_EVENTS)
    advance(count % _REPORTED_EVENTS)
