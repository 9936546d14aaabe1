"""What libxml2 wrote down while parsing, where its exceptions don't tell it apart."""

from typing import Any


def check(entries: Any) -> None:
    """Raise what lxml reports as a syntax error, or not at all: memory that ran out.

    Args:
        entries: `error_log` of a parser or of an exception.

    Raises:
        MemoryError: the parser stopped for want of memory.
    """
    if any(entry.type_name == "ERR_NO_MEMORY" for entry in entries):
        raise MemoryError


def stopped_at_limit(entries: Any) -> bool:
    """Whether parsing stopped at one of libxml2's limits, so that the tree is not the whole."""
    return any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in entries)
