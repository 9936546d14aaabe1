"""A log is taken up to a moment, and no command is cut in two."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from infrastructure.backup import cut
from infrastructure.event_log.log_file import Event

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMANDS = [1, 2, 2, 2, 3, 4, 4]
"""The command of each position."""


def events(read: list[int]) -> Iterator[Event]:
    """One a minute and command; `read` hears of each that was asked for."""
    for position, command in enumerate(COMMANDS, start=1):
        read.append(position)
        yield Event(
            position=position,
            stream_id=UUID(int=1),
            version=position,
            type="document.added",
            schema=1,
            event_id=UUID(int=position),
            command_id=UUID(int=command),
            correlation_id=UUID(int=9),
            actor="worker",
            recorded_at=BEGAN + timedelta(minutes=command),
            metadata="{}",
            data="{}",
            digest=bytes(32),
        )


@pytest.mark.parametrize(
    ("until", "last"),
    [(None, 7), (0, 0), (1, 1), (2, 1), (3, 1), (4, 4), (5, 5), (6, 5), (7, 7), (99, 7)],
)
def test_a_position_cuts_behind_the_last_command_that_fits(until: int | None, last: int) -> None:
    read: list[int] = []
    assert [each.position for each in cut.kept(events(read), until)] == list(range(1, last + 1))
    assert read == list(range(1, 8)), "what is left out is proven all the same"


@pytest.mark.parametrize(("minutes", "last"), [(0, 0), (1, 1), (1.5, 1), (2, 4), (3.9, 5), (4, 7)])
def test_a_time_cuts_behind_what_was_recorded_by_then(minutes: float, last: int) -> None:
    until = BEGAN + timedelta(minutes=minutes)
    assert [each.position for each in cut.kept(events([]), until)] == list(range(1, last + 1))
