"""Reads a `.env` file: NAME=value lines, `#` comments, quotes around a value, nothing cleverer."""

import re
from pathlib import Path

from infrastructure.settings_error import SettingsError

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")


def read(path: Path | None) -> dict[str, str]:
    """The variables of the file; none where there is no file. Raises SettingsError."""
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), "cannot be read as UTF-8 text") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise SettingsError(str(path), f"line {number} is not NAME=value")
        found[match["name"]] = _value(match["value"])
    return found


def _value(text: str) -> str:
    """A quoted value is taken as it stands; an unquoted one ends before ` #`."""
    if text[:1] in {'"', "'"}:
        end = text.find(text[0], 1)
        if end > 0:
            return text[1:end]
    return text.partition(" #")[0].strip()
