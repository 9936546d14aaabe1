"""All that is needed to show a tenant its log, wired once."""

import msgspec

from infrastructure.audit import formats
from infrastructure.audit.export import Asked, Export
from infrastructure.audit.pages import LogPages
from infrastructure.audit.questions import AuditQuestions
from infrastructure.audit.slots import ExportSlots
from infrastructure.database import BatchDatabase
from infrastructure.event_log.seals import SealKey
from infrastructure.vault.vault import Vault


class AuditDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Questions are answered, exports are begun, and counted."""

    questions: AuditQuestions
    slots: ExportSlots
    batch_database: BatchDatabase
    vault: Vault
    key: SealKey

    def export(self, asked: Asked) -> Export:
        """Begin one.

        Raises:
            NoSuchPosition: the log does not reach to where it is to begin.
        """
        pages = LogPages(self.batch_database, asked.tenant_id, self.vault)
        return Export(asked, pages, formats.writer(asked.format, asked.tenant_id), self.key)
