"""What can be asked of the installation."""

from uuid import UUID

import msgspec


class PauseProjection(msgspec.Struct, frozen=True, kw_only=True):
    """Have a projection stand still, for one tenant or for all."""

    projection: str
    tenant_id: UUID | None = None


class ResumeProjection(msgspec.Struct, frozen=True, kw_only=True):
    """End a pause: that of one tenant, or that of all."""

    projection: str
    tenant_id: UUID | None = None


class RebuildProjection(msgspec.Struct, frozen=True, kw_only=True):
    """Build a read model anew from the log, beside the one that answers."""

    projection: str
    tenant_id: UUID | None = None


class SwitchProjection(msgspec.Struct, frozen=True, kw_only=True):
    """Have another generation of a read model answer, for one tenant or for all."""

    projection: str
    generation: int
    tenant_id: UUID | None = None
    accept_differences: bool = False


class RollBackProjection(msgspec.Struct, frozen=True, kw_only=True):
    """Undo the last switch of a read model: that of one tenant, or that of all."""

    projection: str
    tenant_id: UUID | None = None


class RetryDeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Take in what was passed over of a parked stream."""

    dead_letter_id: UUID


class SkipDeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Leave one event out for ever, and take in what came after it in its stream."""

    dead_letter_id: UUID
    reason: str
