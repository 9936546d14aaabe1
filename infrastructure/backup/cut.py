"""Up to where a log is taken: whole, to a position or to a time, and no command is cut in two."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from infrastructure.event_log.log_file import Event

Until = int | datetime | None


def kept(events: Iterable[Event], until: Until) -> Iterator[Event]:
    """The events of every command that was done by then. Reads all, so that all are proven."""
    gathered: list[Event] = []
    command: UUID | None = None
    for event in events:
        if event.command_id != command:
            yield from gathered
            gathered, command = [], event.command_id
        gathered.append(event)
        if not _is_within(event, until):
            break
    else:
        yield from gathered
        return
    for _ in events:
        pass


def _is_within(event: Event, until: Until) -> bool:
    if until is None:
        return True
    if isinstance(until, int):
        return event.position <= until
    return event.recorded_at <= until
