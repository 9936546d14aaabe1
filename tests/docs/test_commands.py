"""docs/reference/commands.md has every command with its fields, every role with its rights."""

import importlib
from typing import get_args

import msgspec
import pytest

from application import actor
from tests.docs import pages

PAGE = pages.REFERENCE / "commands.md"


def commands() -> dict[str, type[msgspec.Struct]]:
    found: dict[str, type[msgspec.Struct]] = {}
    for path in sorted((pages.ROOT / "application").glob("*/commands.py")):
        module = importlib.import_module(f"application.{path.parent.name}.commands")
        found |= {
            name: member
            for name, member in vars(module).items()
            if isinstance(member, type) and member.__module__ == module.__name__
        }
    return found


def test_every_command_is_documented_and_nothing_else() -> None:
    assert sorted(pages.sections(PAGE, 3)) == sorted(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_is_documented_with_its_fields(name: str) -> None:
    fields = msgspec.structs.fields(commands()[name])
    rows = pages.rows(pages.sections(PAGE, 3)[name])
    assert [cells[0] for cells in rows] == [field.name for field in fields]
    assert [not cells[2] for cells in rows] == [field.required for field in fields]


def test_the_rights_of_each_role_are_those_of_the_code() -> None:
    text = pages.sections(PAGE, 2)["Roles and rights"]
    header = next(line for line in text.splitlines() if line.startswith("|"))
    roles = [cell.strip() for cell in header.strip("|").split("|")][1:]
    table = {cells[0]: cells[1:] for cells in pages.rows(text)}
    assert set(table) == set(get_args(actor.Right))
    assert {
        role: {right for right, marks in table.items() if marks[column] == "yes"}
        for column, role in enumerate(roles)
    } == {role: set(rights) for role, rights in actor.RIGHTS.items()}
