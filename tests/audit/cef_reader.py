"""Reads the Common Event Format as its specification has it (ArcSight, revision 16 and later).

The header is seven fields behind `CEF:0`, parted by pipes; in it a backslash escapes a pipe or a
backslash. The extension is `key=value` pairs parted by spaces; in a value a backslash escapes a
backslash or an equals sign, and `\\n` and `\\r` are line breaks. A value may hold spaces, so a pair
ends where the next key with an unescaped equals sign begins.
"""

import re
from typing import NamedTuple

_HEADER_PARTS = 7
_PAIR = re.compile(r"(?:^| )([A-Za-z0-9_]+)=((?:[^\\=]|\\.)*?)(?= [A-Za-z0-9_]+=|$)", re.DOTALL)
_BREAKS = {"n": "\n", "r": "\r"}

# Lengths and types of the keys in use, from the dictionary of the specification.
LENGTHS_MAX = {
    **{"act": 63, "cat": 1023, "deviceExternalId": 255, "externalId": 40, "suid": 1023},
    **{"suser": 1023, **{f"cs{number}": 4000 for number in range(1, 7)}},
    **{f"cs{number}Label": 1023 for number in range(1, 7)},
    **{f"cn{number}Label": 1023 for number in range(1, 4)},
}
NUMBERS = {"rt", "cn1", "cn2", "cn3"}


class CefEvent(NamedTuple):
    """One line."""

    vendor: str
    product: str
    version: str
    event_class: str
    name: str
    severity: int
    extension: dict[str, str]


def read(line: str) -> CefEvent:
    """Raises ValueError where the line is not as the specification says."""
    fields, rest = _header(line)
    if fields[0] != "CEF:0":
        raise ValueError("not seven fields behind CEF:0")
    severity = int(fields[6])
    if not 0 <= severity <= 10:
        raise ValueError("a severity is 0 to 10")
    _, vendor, product, version, event_class, name, _ = fields
    return CefEvent(vendor, product, version, event_class, name, severity, _extension(rest))


def _header(line: str) -> tuple[list[str], str]:
    fields: list[str] = []
    field, index = "", 0
    while len(fields) < _HEADER_PARTS:
        character = line[index]
        if character == "\\":
            if line[index + 1] not in "\\|":
                raise ValueError("nothing else is escaped in a header")
            field, index = field + line[index + 1], index + 1
        elif character == "|":
            fields.append(field)
            field = ""
        else:
            field += character
        index += 1
    return fields, line[index:]


def _extension(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    end = 0
    for pair in _PAIR.finditer(text):
        if pair.start() != end or pair[1] in found:
            raise ValueError(f"not a pair at {end}")
        found[pair[1]] = re.sub(
            r"\\(.)", lambda escaped: _BREAKS.get(escaped[1], escaped[1]), pair[2]
        )
        end = pair.end()
    if end != len(text):
        raise ValueError(f"not a pair at {end}")
    for key, value in found.items():
        if key in NUMBERS:
            int(value)
        elif len(value) > LENGTHS_MAX[key]:
            raise ValueError(f"{key} is too long")
    return found
