"""Files and functions stay small enough to be read whole."""

import ast
import warnings
from pathlib import Path

from tests.house import files

FILE_LINES_WANTED = 200
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        (f"{files.name(path)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    ]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_over_its_limit() -> None:
    sizes = {files.name(path): lines(path) for path in files.python()}
    for name, size in sizes.items():
        if size > FILE_LINES_WANTED:
            warnings.warn(f"{name} has {size} lines; {FILE_LINES_WANTED} are wanted", stacklevel=1)
    assert {name: size for name, size in sizes.items() if size > FILE_LINES_MAX} == {}


def test_no_function_is_over_its_limit() -> None:
    sizes = dict(found for path in files.python() for found in functions(path))
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES_MAX} == {}


def test_no_file_is_named_for_having_no_idea() -> None:
    vague = {"utils", "util", "common", "base", "helpers", "helper", "manager", "misc"}
    assert [files.name(path) for path in files.python() if path.stem in vague] == []
