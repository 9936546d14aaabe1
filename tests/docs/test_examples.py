"""Python on the pages fits the code: it parses, and what it imports from here is there."""

import ast
import importlib
import importlib.machinery
import re
from pathlib import Path

import pytest

from tests.docs import pages

EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
ROOTS = {"domain", "application", "infrastructure", "projections", "interfaces", "tests"}
INVENTED = ("shelves", "shelf", "removed_list")
"""What the guides make as an example."""


def examples(page: Path) -> list[ast.Module]:
    texts = EXAMPLE.findall(page.read_text(encoding="utf-8"))
    wrapped = [text if "await" not in text else _in_a_function(text) for text in texts]
    return [ast.parse(text) for text in wrapped]


def _in_a_function(text: str) -> str:
    """Lines that await at the outermost level are part of some function."""
    try:
        compile(text, "example", "exec")
    except SyntaxError:
        return "async def example():\n" + "".join(f"    {line}\n" for line in text.splitlines())
    return text


def missing(example: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(example):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        names = [node.module, *(alias.name for alias in node.names)]
        invented = any(part in name for name in names for part in INVENTED)
        if node.module.partition(".")[0] in ROOTS and not invented:
            found += [f"{node.module}.{each.name}" for each in node.names if _absent(node, each)]
    return found


def _absent(node: ast.ImportFrom, alias: ast.alias) -> bool:
    """Whether the module has neither this name nor a submodule of it."""
    module = importlib.import_module(str(node.module))
    if hasattr(module, alias.name):
        return False
    folders = getattr(module, "__path__", None)
    return folders is None or importlib.machinery.PathFinder.find_spec(alias.name, folders) is None


@pytest.mark.parametrize("page", pages.every(), ids=pages.name)
def test_what_an_example_imports_is_there(page: Path) -> None:
    assert [name for example in examples(page) for name in missing(example)] == []
