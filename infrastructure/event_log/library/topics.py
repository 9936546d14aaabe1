"""The library's topics as the log's types and schemas.

A topic is the type; where the schema is not 1, `#` and its number follow. Every string comes back
as it was: only a number from 2 without leading zeros counts as a schema.
"""

import re

from eventsourcing import persistence

LENGTH_MAX = 200
SCHEMA_MAX = 32767  # smallint
_WITH_SCHEMA = re.compile(r"(.+)#([1-9][0-9]{0,4})", re.DOTALL)


def split(topic: str) -> tuple[str, int]:
    """Type and schema of a topic."""
    match = _WITH_SCHEMA.fullmatch(topic)
    if match and 1 < int(match[2]) <= SCHEMA_MAX:
        return match[1], int(match[2])
    return topic, 1


def checked(topic: str) -> tuple[str, int]:
    """Type and schema of a topic that is to be written.

    Raises:
        DataError: it is empty or too long.
    """
    if not 1 <= len(topic) <= LENGTH_MAX:
        raise persistence.DataError(f"a topic has 1 to {LENGTH_MAX} characters: {topic!r:.80}")
    return split(topic)


def join(type_: str, schema: int) -> str:
    """The topic of a type and schema."""
    return type_ if schema == 1 else f"{type_}#{schema}"
