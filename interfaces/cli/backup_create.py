"""`muniment backup create`: one set more, and those that have expired fewer."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import rich_click as click

from domain.platform import streams
from domain.platform.events import BackupStarted
from infrastructure import settings as settings_module
from infrastructure.backup import blob_copies, retention, taking
from infrastructure.backup.collection import SETS, Collection, Set
from infrastructure.backup.manifest import (
    FORMAT,
    KeptBlob,
    KeptLog,
    Manifest,
    ModelDigest,
    Parent,
)
from infrastructure.backup.taking import Taker
from infrastructure.blobs import BlobStore
from infrastructure.event_log import migrate, snapshot
from infrastructure.event_log.seals import SealKey
from infrastructure.secret import Secret
from infrastructure.settings import Settings
from interfaces import bootstrap
from interfaces.cli import backup_place, backup_secrets, open_database
from interfaces.cli.deeds import Deeds
from interfaces.cli.progress import Shown
from projections.engine import digests
from projections.engine.tasks import Workshop

FULL_EVERY_DAYS = 7


class Asked(NamedTuple):
    """What the command line says."""

    place: str | None = None
    full: bool = False
    keep_days: int | None = None
    hours: int | None = None


def create(settings: Settings, asked: Asked, *, as_json: bool, now: datetime | None = None) -> None:
    """Take a set and tell of it. `now` is the time, where it is not the clock's."""
    now = now or datetime.now(UTC)
    collection = backup_place.opened(settings, asked.place)
    with ExitStack() as stack:
        addresses = stack.enter_context(open_database.reached(settings))
        here = msgspec.structs.replace(settings, database_url=Secret(addresses.app))
        connection = stack.enter_context(closing(snapshot.connect(addresses.app)))
        stack.enter_context(taking.alone(connection))
        sets = collection.sets()
        if sets and asked.hours is not None:
            young = sets[-1].manifest.made_at > now - timedelta(hours=asked.hours)
            if young:
                _tell({"set_id": None}, "the newest set is young enough", as_json=as_json)
                return
        collection.remove_unfinished()
        workshop = bootstrap.rebuilding(here)
        workshop.database.open()
        stack.callback(workshop.database.close)
        set_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        taker = Taker(connection, SealKey(here.seal_key.reveal()), collection, set_id)
        creation = _Creation(here, collection, taker, workshop, sets)
        before = None if asked.full else creation.before(now)
        with Deeds(here) as deeds:
            deeds.record_in(streams.of_backups(), BackupStarted(set_id=set_id))
        manifest = creation.take(set_id, now, before)
        collection.add(manifest)
        expired = _let_go(collection, now, asked.keep_days or settings.backup_keep_days)
    told = {
        **summary(manifest),
        "blobs_copied": creation.blobs_copied,
        "expired": expired,
    }
    kind = "full" if manifest.full else "incremental"
    line = (
        f"{set_id}: {kind}, {manifest.events:,} events of {len(manifest.logs):,} logs, "
        f"{creation.blobs_copied:,} new blobs, {manifest.size:,} bytes"
    )
    _tell(told, "\n".join([line, *(f"{each}: expired" for each in expired)]), as_json=as_json)


def summary(manifest: Manifest) -> dict[str, Any]:
    """A set, for machines."""
    return {
        "set_id": manifest.set_id,
        "full": manifest.full,
        "parent": manifest.parent.set_id if manifest.parent else None,
        "made_at": manifest.made_at,
        "version": manifest.version,
        "logs": len(manifest.logs),
        "events": manifest.events,
        "bytes": manifest.size,
    }


class _Creation:
    """One set in the making."""

    def __init__(
        self,
        settings: Settings,
        collection: Collection,
        taker: Taker,
        workshop: Workshop,
        sets: list[Set],
    ) -> None:
        self._settings, self._collection, self._taker = settings, collection, taker
        self._workshop, self._sets = workshop, sets
        self._chain: list[Set] = []
        self.blobs_copied = 0

    def before(self, now: datetime) -> Set | None:
        """The set to go on from; None where a full one is due."""
        if not self._sets:
            return None
        chain = self._collection.chain(self._sets[-1], self._sets)
        old = now - chain[0].manifest.made_at >= timedelta(days=FULL_EVERY_DAYS)
        return None if old or not self._taker.continues(self._sets[-1]) else self._sets[-1]

    def take(self, set_id: str, now: datetime, before: Set | None) -> Manifest:
        """Write everything but the manifest."""
        self._chain = self._collection.chain(before, self._sets) if before else []
        with Shown("backing up", "events", self._taker.new_events(before)) as shown:
            logs = list(self._taker.logs(before, shown.advance))
        folder = f"{SETS}/{set_id}"
        write = self._collection.write_lines
        persons = self._taker.outside([each.tenant_id for each in logs])
        return Manifest(
            format=FORMAT,
            set_id=set_id,
            parent=Parent(set_id=before.manifest.set_id, sha256=before.sha256) if before else None,
            made_at=now,
            logs=logs,
            outside=write(f"{folder}/outside", persons),
            blobs=write(f"{folder}/blobs", self._blobs()),
            models=write(f"{folder}/models", self._models(logs, before)),
            seal_keys=self._taker.seal_keys(),
            version=metadata.version("muniment"),
            migrations=migrate.known(),
            settings=settings_module.plain(self._settings),
            secrets=backup_secrets.fingerprints(self._settings, self._collection.key),
            ended_at=datetime.now(UTC),
        )

    def _blobs(self) -> Iterator[KeptBlob]:
        here = set(self._collection.place.names("blobs"))
        known: dict[tuple[UUID, str], KeptBlob] = {}
        of_chain: set[tuple[UUID, str]] = set()
        in_chain = {each.manifest.set_id for each in self._chain}
        for each in self._sets:
            for blob in self._collection.blobs([each]):
                if blob.file.name in here:
                    known[blob.tenant_id, blob.sha256] = blob
                    if each.manifest.set_id in in_chain:
                        of_chain.add((blob.tenant_id, blob.sha256))
        with Shown("copying", "blobs", 0) as shown:

            def copied(count: int) -> None:
                self.blobs_copied += count
                shown.advance(count)

            store = BlobStore(self._settings.blob_url)
            yield from blob_copies.copy_new(self._collection, store, known, of_chain, copied)

    def _models(self, logs: list[KeptLog], before: Set | None) -> Iterator[ModelDigest]:
        """What read models come to; carried over where neither the log nor they have moved."""
        earlier: dict[UUID, list[ModelDigest]] = {}
        if before is not None:
            for each in self._collection.read_lines(before.manifest.models, ModelDigest):
                earlier.setdefault(each.tenant_id, []).append(each)
        with Shown("taking digests", "logs", len(logs)) as shown:
            for log in logs:
                carried = earlier.get(log.tenant_id, [])
                if log.file is None and all(each.position == log.position for each in carried):
                    yield from carried
                else:
                    found = digests.of_tenant(
                        self._workshop.database, self._workshop.projections, log.tenant_id
                    )
                    for digest in found:
                        fields = msgspec.structs.asdict(digest)
                        yield ModelDigest(tenant_id=log.tenant_id, **fields)
                shown.advance(1)


def _let_go(collection: Collection, now: datetime, keep_days: int) -> list[str]:
    """Remove the sets that have expired, and the blobs that no other names."""
    sets = collection.sets()
    gone = retention.expired([each.manifest for each in sets], now, keep_days=keep_days)
    for manifest in gone:
        collection.remove(manifest)
    if gone:
        ids = {manifest.set_id for manifest in gone}
        kept = [each for each in sets if each.manifest.set_id not in ids]
        blob_copies.remove_unnamed(collection, collection.blobs(kept))
    return [manifest.set_id for manifest in gone]


def _tell(told: dict[str, Any], line: str, *, as_json: bool) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(told)) if as_json else line)
