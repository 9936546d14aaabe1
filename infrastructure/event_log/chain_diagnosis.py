"""What was done to a log where its chain does not hold: changed, dropped, inserted or swapped.

One change to one event (with or without its digest) is told for what it is. After several the
position is still the first at which the chain does not hold.
"""

import struct
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from infrastructure.event_log import canonical
from infrastructure.event_log.canonical import Link, Row

_POSITION: Final = 0
_DIGEST: Final = -1


class Fault(NamedTuple):
    """The first thing that is wrong with a chain."""

    position: int
    kind: str
    """changed, dropped, inserted, swapped, or version."""
    detail: str


class Break(NamedTuple):
    """Where a chain does not hold: two good links, and the event that does not follow."""

    tenant_id: bytes
    before_last: Link | None
    last: Link
    event: Row
    head: Link | None
    """Where the log says that it ends, if that is known."""


def diagnose(broken: Break, rest: Iterator[Row]) -> Fault:
    """Name what happened at a break. Reads `rest`, the events behind it, to its end if need be."""
    expected, found = broken.last.position + 1, broken.event[_POSITION]
    if found > expected:
        missing = f"{expected}" if found == expected + 1 else f"{expected} to {found - 1}"
        return Fault(expected, "dropped", f"there is no event at {missing}")
    if found < expected:
        return Fault(found, "inserted", f"a second event stands at {found}")
    following = next(rest, None)
    return (
        _moved_up(broken, following)
        or _behind_the_head(broken)
        or _moved_down(broken, following)
        or _swapped(broken, rest if following is None else chain([following], rest))
        or _changed(broken, following)
    )


def _moved_up(broken: Break, following: Row | None) -> Fault | None:
    """The event that belongs here stands behind it: one was put before it."""
    position, last = broken.last.position + 1, broken.last.digest
    if following is not None and _fits(broken, following, position, last):
        if _fits(broken, broken.event, position + 1, following[_DIGEST]):
            return _exchanged(position, position + 1)
        return Fault(position, "inserted", "this event is not one of the log's")
    if broken.before_last is not None:
        # The one before may have been made to fit; then the log's own event stands here.
        own = broken.before_last.position + 1
        if _fits(broken, broken.event, own, broken.before_last.digest):
            return Fault(own, "inserted", "this event is not one of the log's")
    return None


def _behind_the_head(broken: Break) -> Fault | None:
    position = broken.last.position + 1
    if broken.head is not None and broken.head.position < position:
        return Fault(position, "inserted", f"the head of the log is at {broken.head.position}")
    return None


def _moved_down(broken: Break, following: Row | None) -> Fault | None:
    """The events from here on stood one place later: the one before them is gone."""
    position = broken.last.position + 1
    if following is not None:
        gone = _fits(broken, following, position + 2, broken.event[_DIGEST])
    else:
        gone = broken.head == Link(position + 1, broken.event[_DIGEST])
    if gone:
        return Fault(position, "dropped", "its event is gone, those behind it were moved up")
    return None


def _swapped(broken: Break, rest: Iterator[Row]) -> Fault | None:
    """The event that belongs here stands further on, with its digest or without."""
    position, last = broken.last.position + 1, broken.last.digest
    for event in rest:
        if _digests(broken, event, position, last) & {event[_DIGEST], broken.event[_DIGEST]}:
            return _exchanged(position, event[_POSITION])
    return None


def _changed(broken: Break, following: Row | None) -> Fault:
    position = broken.last.position + 1
    made = _digests(broken, broken.event, position, broken.last.digest)
    if not made:
        return Fault(position, "changed", "it holds a value that no event can have")
    if following is not None:
        digest_alone = any(_fits(broken, following, position + 1, each) for each in made)
    else:
        digest_alone = broken.head in {Link(position, each) for each in made}
    if digest_alone:
        return Fault(position, "changed", "its digest was changed, the event was not")
    if position == 1:
        return Fault(position, "changed", "the event and its digest don't fit")
    return Fault(
        position,
        "changed",
        f"the event and its digest don't fit, or {position - 1} was replaced with its digest",
    )


def _exchanged(one: int, other: int) -> Fault:
    return Fault(one, "swapped", f"the events at {one} and {other} are exchanged")


def _fits(broken: Break, event: Row, position: int, before: bytes) -> bool:
    return event[_DIGEST] in _digests(broken, event, position, before)


def _digests(broken: Break, event: Row, position: int, before: bytes) -> set[bytes]:
    """Those that it can have there, one a form; none where it holds what no event can hold."""
    try:
        return {
            form(broken.tenant_id, before, event, position)
            for form in (canonical.digest, canonical.digest_joined)
        }
    except (struct.error, TypeError):
        return set()
