"""What can be asked of the log itself."""

from uuid import UUID

import msgspec

from domain.audit.events import ExportFormat, Outcome
from domain.audit.question import AuditQuestion


class ReadAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Read the events that `question` asks for, with personal fields in clear where `personal`."""

    question: AuditQuestion
    personal: bool = False


class StartExport(msgspec.Struct, frozen=True, kw_only=True):
    """Give out the log behind position `after`, up to `until` or as far as it goes."""

    format: ExportFormat
    after: int = 0
    until: int | None = None
    personal: bool = False


class EndExport(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more is given out."""

    export_id: UUID
    outcome: Outcome
    position: int
    events: int
