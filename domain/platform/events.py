"""Facts about the installation itself: what its administrators did, in the platform's log.

A field `tenant_id` is null where the fact is about every tenant.
"""

from typing import ClassVar
from uuid import UUID

from domain.event import Event


class ProjectionPaused(Event, frozen=True):
    """A projection shall stand still, for one tenant or for all."""

    TYPE: ClassVar[str] = "projection.paused"

    projection: str
    tenant_id: UUID | None = None


class ProjectionResumed(Event, frozen=True):
    """A projection that was paused shall go on."""

    TYPE: ClassVar[str] = "projection.resumed"

    projection: str
    tenant_id: UUID | None = None


class ProjectionRebuildStarted(Event, frozen=True):
    """A new generation of a read model is being filled from the log, beside the live one."""

    TYPE: ClassVar[str] = "projection.rebuild_started"

    projection: str
    version: int
    generation: int


class ProjectionRebuildFinished(Event, frozen=True):
    """A new generation is filled and caught up. It serves nobody yet."""

    TYPE: ClassVar[str] = "projection.rebuild_finished"

    projection: str
    version: int
    generation: int
    tenants: int
    events: int


class ProjectionRebuildCancelled(Event, frozen=True):
    """A rebuild was given up; the live generation was not touched."""

    TYPE: ClassVar[str] = "projection.rebuild_cancelled"

    projection: str
    version: int
    generation: int


class ProjectionSwitched(Event, frozen=True):
    """Reads are served from another generation from now on."""

    TYPE: ClassVar[str] = "projection.switched"

    projection: str
    version: int
    generation: int
    previous: int
    tenant_id: UUID | None = None


class ProjectionRolledBack(Event, frozen=True):
    """Reads are served from the generation before again."""

    TYPE: ClassVar[str] = "projection.rolled_back"

    projection: str
    version: int
    generation: int
    previous: int
    tenant_id: UUID | None = None


class ProjectionGenerationDropped(Event, frozen=True):
    """A generation that serves nobody was removed with its tables."""

    TYPE: ClassVar[str] = "projection.generation_dropped"

    projection: str
    version: int
    generation: int


class ProjectionReplayed(Event, frozen=True):
    """A read model was made anew from the log, in its place or in a schema of its own."""

    TYPE: ClassVar[str] = "projection.replayed"

    projection: str
    tenant_id: UUID | None = None
    until_position: int | None = None
    into_schema: str | None = None


class BackupStarted(Event, frozen=True):
    """A set of a backup is being made; all that was recorded before this will be in it."""

    TYPE: ClassVar[str] = "backup.started"

    set_id: str


class BackupRestored(Event, frozen=True):
    """This installation was restored from a set of a backup; no session from before is good."""

    TYPE: ClassVar[str] = "backup.restored"

    set_id: str
    until: str | None = None


class DeadLetterRetried(Event, frozen=True):
    """The events of a parked stream shall be taken in again."""

    TYPE: ClassVar[str] = "dead_letter.retried"

    dead_letter_id: UUID
    projection: str
    tenant_id: UUID
    stream_id: UUID
    position: int


class DeadLetterSkipped(Event, frozen=True):
    """One event shall never be taken in by a projection; its stream goes on without it."""

    TYPE: ClassVar[str] = "dead_letter.skipped"

    dead_letter_id: UUID
    projection: str
    tenant_id: UUID
    stream_id: UUID
    position: int
    reason: str
