"""The one list of all event types: decoding, reference documentation and golden samples use it."""

from domain import personal
from domain.answers.events import AnswerGiven
from domain.audit.events import AuditExportEnded, AuditExportStarted, AuditRead
from domain.documents.events import (
    DocumentAdded,
    DocumentRemoved,
    DocumentStageCompleted,
    DocumentStageFailed,
    DocumentStageRetried,
    DocumentStageStarted,
    KnowledgeBaseCreated,
)
from domain.event import Event
from domain.logins.events import (
    LoginErased,
    LoginRegistered,
    SessionEnded,
    SessionRefreshed,
    SessionStarted,
)
from domain.platform.events import (
    BackupRestored,
    BackupStarted,
    DeadLetterRetried,
    DeadLetterSkipped,
    ProjectionGenerationDropped,
    ProjectionPaused,
    ProjectionRebuildCancelled,
    ProjectionRebuildFinished,
    ProjectionRebuildStarted,
    ProjectionReplayed,
    ProjectionResumed,
    ProjectionRolledBack,
    ProjectionSwitched,
)
from domain.tenants.events import TenantRegistered
from domain.watchlists.events import (
    WatchlistCreated,
    WatchlistRemoved,
    WatchlistRenamed,
    WatchlistTickerAdded,
    WatchlistTickerRemoved,
)

EVENT_TYPES: tuple[type[Event], ...] = (
    TenantRegistered,
    LoginRegistered,
    LoginErased,
    SessionStarted,
    SessionRefreshed,
    SessionEnded,
    KnowledgeBaseCreated,
    DocumentAdded,
    DocumentRemoved,
    DocumentStageStarted,
    DocumentStageCompleted,
    DocumentStageFailed,
    DocumentStageRetried,
    AnswerGiven,
    WatchlistCreated,
    WatchlistRenamed,
    WatchlistTickerAdded,
    WatchlistTickerRemoved,
    WatchlistRemoved,
    ProjectionPaused,
    ProjectionResumed,
    ProjectionRebuildStarted,
    ProjectionRebuildFinished,
    ProjectionRebuildCancelled,
    ProjectionSwitched,
    ProjectionRolledBack,
    ProjectionGenerationDropped,
    ProjectionReplayed,
    BackupStarted,
    BackupRestored,
    DeadLetterRetried,
    DeadLetterSkipped,
    AuditRead,
    AuditExportStarted,
    AuditExportEnded,
)

BY_TYPE: dict[str, type[Event]] = {event_type.TYPE: event_type for event_type in EVENT_TYPES}

PERSONAL: frozenset[type[Event]] = frozenset(
    event_type for event_type in EVENT_TYPES if personal.fields(event_type)
)
"""Those with something in them that the log keeps encrypted."""
