"""docs/reference/settings.md says of each setting what the code says, and of no other."""

import re
from pathlib import Path

import msgspec

from infrastructure import settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \| (.+?) \|$", re.MULTILINE)
SPECIAL = {"MUNIMENT_DATA_DIR", "MUNIMENT_BLOB_URL"}


def documented() -> dict[str, tuple[str, str]]:
    return {name: (default, must) for name, default, must, _ in ROW.findall(PAGE.read_text())}


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert set(documented()) == set(settings.descriptions())


def test_what_it_must_be_is_what_the_error_says() -> None:
    assert {name: must for name, (_, must) in documented().items()} == settings.descriptions()


def test_the_defaults_are_the_codes_defaults() -> None:
    rows = documented()
    for field in msgspec.structs.fields(settings.Settings):
        name = settings.variable(field.name)
        if name in SPECIAL or field.default is msgspec.NODEFAULT:
            continue
        expected = f"`{field.default}`" if field.default not in {None, ()} else "-"
        assert rows[name][0].strip() == expected, name
