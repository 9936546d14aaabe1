"""Which sets a restore takes, and how far."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from infrastructure.backup import collection as collections
from infrastructure.backup.collection import Collection, NoSuchSet, Set
from infrastructure.backup.cut import Until
from infrastructure.backup.manifest import Manifest
from infrastructure.backup.restoring import Erased, NotRestored, erased_persons
from infrastructure.event_log import migrate


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One restore."""

    chain: Sequence[Set]
    erased: Erased
    """Whoever any set knows to be erased, the later ones too."""
    until: Until = None
    tenant_id: UUID | None = None
    processes: int | None = None

    @property
    def last(self) -> Manifest:
        """The set that is restored; those before it are what it builds on."""
        return self.chain[-1].manifest

    @property
    def label(self) -> str | None:
        """Up to where, in words."""
        if self.until is None:
            return None
        end = self.until.isoformat() if isinstance(self.until, datetime) else str(self.until)
        return f"{end} of {self.tenant_id}" if self.tenant_id else end

    def until_of(self, tenant_id: UUID) -> Until:
        """Up to where one tenant's log is taken."""
        return self.until if self.tenant_id in {None, tenant_id} else None

    @property
    def manifests(self) -> list[Manifest]:
        """Of the chain, the full one first."""
        return [each.manifest for each in self.chain]


def plan(
    collection: Collection,
    set_id: str | None = None,
    *,
    until: Until = None,
    tenant_id: UUID | None = None,
    processes: int | None = None,
) -> Plan:
    """Read all manifests, and choose.

    Raises:
        BackupDamaged: one is not what was written, or one is missing.
        NoSuchSet: there is none that fits.
        NotRestored: it was made by a newer release.
    """
    sets = collection.sets()
    if set_id is None and until is not None:
        last = _reaching(sets, until, tenant_id)
    else:
        last = collections.chosen(sets, set_id)
    newer = set(last.manifest.migrations) - set(migrate.known())
    if newer:
        raise NotRestored(
            f"the set was made by Muniment {last.manifest.version}, which is newer than this one"
        )
    return Plan(
        chain=collection.chain(last, sets),
        erased=erased_persons(collection, [each.manifest for each in sets]),
        until=until,
        tenant_id=tenant_id,
        processes=processes,
    )


def _reaching(sets: Sequence[Set], until: Until, tenant_id: UUID | None) -> Set:
    """The first set that reaches so far; by time the newest does in any case."""
    for each in sets:
        if isinstance(until, datetime):
            if each.manifest.made_at >= until:
                return each
        elif any(
            log.tenant_id == tenant_id and log.position >= (until or 0)
            for log in each.manifest.logs
        ):
            return each
    if not sets or not isinstance(until, datetime):
        raise NoSuchSet("no set reaches so far")
    return sets[-1]
