"""docs/reference/dependencies.md tells of every dependency why it is there."""

import re
import tomllib

import pytest

from tests.docs import pages

PAGE = pages.REFERENCE / "dependencies.md"
PROJECT = tomllib.loads((pages.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEADINGS = {
    "Core": PROJECT["dependencies"],
    "Building": PROJECT["optional-dependencies"]["build"],
    "For Parquet": PROJECT["optional-dependencies"]["parquet"],
    "Checking and testing": PROJECT["optional-dependencies"]["dev"],
}


def names(requirements: list[str]) -> list[str]:
    return sorted(re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0] for each in requirements)


@pytest.mark.parametrize("heading", sorted(HEADINGS))
def test_every_dependency_is_documented_and_nothing_else(heading: str) -> None:
    rows = pages.rows(pages.sections(PAGE, 2)[heading])
    assert sorted(cells[0] for cells in rows) == names(HEADINGS[heading])
    assert [cells for cells in rows if not all(cells)] == []


def test_every_extra_is_documented() -> None:
    assert set(PROJECT["optional-dependencies"]) == {"build", "dev", "parquet"}
