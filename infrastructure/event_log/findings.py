"""What verifying a log comes to."""

from uuid import UUID

import msgspec

from infrastructure.event_log.chain_diagnosis import Fault


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong with a log."""

    kind: str
    """changed, dropped, inserted, swapped, version, rewritten, head, seal, claim, command, or
    checkpoint."""
    position: int | None
    detail: str

    @classmethod
    def of(cls, fault: Fault) -> "Finding":
        """What is wrong with the chain."""
        return cls(kind=fault.kind, position=fault.position, detail=fault.detail)


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying one log came to."""

    tenant_id: UUID
    slug: str | None
    events: int
    """How many were proven."""
    position: int
    """How far its chain holds."""
    seals: int
    sealed_position: int
    """How far good seals vouch for it."""
    findings: list[Finding]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def rewritten(sealed: int, last_good: int, head: int) -> Finding:
    """A good seal over another digest proves that the log is not the one that was sealed."""
    if sealed > head:
        told = f"the log ends at {head}, and {sealed} is sealed"
        return Finding(kind="dropped", position=head + 1, detail=told)
    told = f"{sealed} was sealed with another digest: an event from here to there was replaced"
    return Finding(kind="rewritten", position=last_good + 1, detail=told)
