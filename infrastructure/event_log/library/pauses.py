"""How long to wait between two looks at something that may change at any moment."""

from collections.abc import Iterator

SHORTEST_SECONDS = 0.002
LONGEST_SECONDS = 0.1


def growing() -> Iterator[float]:
    """Pauses in seconds, for ever: short at first, then a load of ten looks a second."""
    pause = SHORTEST_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_SECONDS)
