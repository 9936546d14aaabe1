"""docs/reference/cli.md names every command with its parameters, and no other."""

import click
import pytest

from interfaces.cli import main
from tests.docs import pages

PAGE = pages.REFERENCE / "cli.md"


def parameters(command: click.Command) -> list[str]:
    """What a person may give: arguments in capitals, options with their dashes."""
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    return [
        each.opts[0] if isinstance(each, click.Option) else (each.name or "").upper()
        for each in shown
    ]


def commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Every command, one of a group under both names."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix}{name} ")
        else:
            found[prefix + name] = command
    return found


COMMANDS = commands(main.cli)


def test_every_command_is_documented_and_nothing_else() -> None:
    assert sorted(pages.sections(PAGE, 3)) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_documented_with_its_parameters(name: str) -> None:
    table = pages.first_cells(pages.sections(PAGE, 3)[name])
    assert table == parameters(COMMANDS[name])
