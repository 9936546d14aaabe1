"""All that is needed to show a tenant its log, wired once."""

import asyncio
from uuid import UUID

import msgspec

from infrastructure.audit import formats
from infrastructure.audit.export import Asked, Export
from infrastructure.audit.log_check import Checked, LogCheck
from infrastructure.audit.pages import LogPages
from infrastructure.audit.questions import AuditQuestions
from infrastructure.audit.slots import ExportSlots
from infrastructure.database import BatchDatabase
from infrastructure.event_log.seals import SealKey
from infrastructure.vault.vault import Vault

CHECKS_AT_ONCE_MAX = 2


class TooManyChecks(Exception):  # noqa: N818 - named for what is the matter
    """The log is being proven already, or others are."""


class AuditDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Questions are answered, exports are begun, and counted."""

    questions: AuditQuestions
    slots: ExportSlots
    batch_database: BatchDatabase
    vault: Vault
    key: SealKey
    checking: set[UUID]
    """Tenants whose log is being proven in this process."""

    def export(self, asked: Asked) -> Export:
        """Begin one.

        Raises:
            NoSuchPosition: the log does not reach to where it is to begin.
        """
        pages = LogPages(self.batch_database, asked.tenant_id, self.vault)
        return Export(asked, pages, formats.writer(asked.format, asked.tenant_id), self.key)

    async def check(
        self, tenant_id: UUID, *, after: int, digest: bytes | None, until: int
    ) -> Checked:
        """Prove a stretch of a log.

        Raises:
            TooManyChecks: see its message.
            LinkChanged: there is no event at `after`, or one with another digest.
        """
        if tenant_id in self.checking or len(self.checking) >= CHECKS_AT_ONCE_MAX:
            raise TooManyChecks
        self.checking.add(tenant_id)

        def run() -> Checked:
            try:
                pages = LogPages(self.batch_database, tenant_id, self.vault)
                check = LogCheck(self.batch_database, pages, tenant_id)
                return check.run(after=after, digest=digest, until=until)
            finally:
                self.checking.discard(tenant_id)

        return await asyncio.to_thread(run)
