"""What the migrations say of one schema: the statements that make it, in their order.

The migrations are the one definition of a schema. Lost, it is made again by the same words, and
nothing is defined twice.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

_STATEMENT = re.compile(
    r"(?:\$\$.*?\$\$|BEGIN ATOMIC.*?\nEND(?=;)|'(?:[^']|'')*'|--[^\n]*|[^;])*?;", re.DOTALL
)
_COMMENT = re.compile(r"^\s*(?:--[^\n]*\n\s*)*")
_OF_TABLE = (
    r"(?:CREATE|ALTER) (?:TABLE|SEQUENCE) ({schema}\.\w+)",
    r"CREATE (?:UNIQUE )?INDEX \w+ ON ({schema}\.\w+)",
    r"(?:CREATE|ALTER|DROP) POLICY \w+ ON ({schema}\.\w+)",
    r"CREATE SCHEMA ({schema})\b",
)
_OF_ALL = (
    r"(?:CREATE|CREATE OR REPLACE|ALTER|DROP) FUNCTION {schema}\.",
    r"(?:GRANT|REVOKE) [^;]*\b{schema}\b",
    r"DROP TABLE [^;]*\b{schema}\.",
    r"DO [^;]*\b{schema}\.",
)
_MADE = r"CREATE (?:OR REPLACE )?(?:TABLE|SEQUENCE|FUNCTION) ({schema}\.\w+)"
_UNMADE = r"DROP (?:TABLE|SEQUENCE|FUNCTION) "


class Statement(NamedTuple):
    """One statement, and the table, sequence or schema that it makes or changes.

    Without a subject it is about functions or rights, and may be run again where they are there.
    """

    text: str
    subject: str | None


def statements(schema: str) -> list[Statement]:
    """All that makes the schema and changes what is in it; what moves rows is left out."""
    of_table = re.compile("|".join(_OF_TABLE).format(schema=schema))
    of_all = re.compile("|".join(_OF_ALL).format(schema=schema))
    found: list[Statement] = []
    for text in _texts():
        line = " ".join(text.split())
        if about := of_table.match(line):
            found.append(Statement(text, about[about.lastindex or 0]))
        elif of_all.match(line):
            found.append(Statement(text, None))
    return found


def objects(schema: str) -> list[str]:
    """The tables, sequences and functions that it holds, by their names with the schema's."""
    found: dict[str, None] = {}
    for text in _texts():
        if made := re.match(_MADE.format(schema=schema), text):
            found[made[1]] = None
        if re.match(_UNMADE, text):
            for name in re.findall(rf"{schema}\.\w+", text):
                found.pop(name, None)
    return list(found)


def _texts() -> Iterator[str]:
    folder = resources.files("infrastructure.event_log") / "migrations"
    files = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
    for name in sorted(files):
        if not name.endswith(".rollback.sql"):
            for each in _STATEMENT.finditer(files[name].read_text()):
                yield _COMMENT.sub("", each[0], count=1)
