"""The keys of one tenant's persons, for applications of the library."""

from collections.abc import Iterable
from uuid import UUID

from infrastructure.event_log.codec import Place
from infrastructure.event_log.library.streams import StreamEvent
from infrastructure.event_log.library.tenant_log import TenantLog
from infrastructure.vault.vault import NO_KEYS, SQL, Keys, Vault


class TenantVault:
    """Asks for keys when they are needed, and keeps none."""

    def __init__(self, log: TenantLog, vault: Vault) -> None:
        self._log = log
        self._vault = vault

    def place(self, placed: StreamEvent) -> Place:
        """Where an event of the tenant stands."""
        return Place(self._log.tenant_id, placed.originator_id, placed.originator_version)

    def ensure(self, person_id: UUID) -> Keys:
        """The key of a person, made where there was none; nothing for one who was erased."""
        candidates = self._vault.candidates(self._log.tenant_id, [person_id])
        return self._vault.opened(self._log.tenant_id, self._log.rows(SQL["ensure"], **candidates))

    def keys(self, persons: Iterable[UUID]) -> Keys:
        """The keys that there are."""
        person_ids = list(persons)
        if not person_ids:
            return NO_KEYS
        rows = self._log.rows(SQL["keys"], person_ids=person_ids)
        return self._vault.opened(self._log.tenant_id, rows)
