"""An export of the log: begun once, ended once."""

import msgspec

from domain.audit.events import AuditExportEnded, AuditExportStarted, ExportFormat, Outcome
from domain.event import Event, Invalid, NotFound, UnknownEvent


class AuditRangeInvalid(Invalid):
    """A range of the log begins at 0 or later, at most at its head, and does not end before."""


class AuditExportNotFound(NotFound):
    """There is no such export."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one export."""

    ended: bool = False


def start(
    *, format_: ExportFormat, after: int, until: int | None, personal: bool, head: int
) -> list[Event]:
    """Decide that the log is given out, as it is at `head` or later.

    Raises:
        AuditRangeInvalid: there is no such range.
    """
    if not 0 <= after <= head or (until is not None and until < after):
        raise AuditRangeInvalid
    return [AuditExportStarted(format=format_, after=after, until=until, personal=personal)]


def end(state: Export, *, outcome: Outcome, position: int, events: int) -> list[Event]:
    """Decide that nothing more is given out; nothing where that was so already."""
    if state.ended:
        return []
    return [AuditExportEnded(outcome=outcome, position=position, events=events)]


def evolve(state: Export | None, event: Event) -> Export:
    """Fold one event into the state."""
    match event:
        case AuditExportStarted():
            return Export()
        case AuditExportEnded() if state is not None:
            return Export(ended=True)
        case _:
            raise UnknownEvent(event)
