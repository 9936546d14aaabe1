"""docs/reference/problems.md names every problem the API can answer with, and no other."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request
from litestar.exceptions import http_exceptions

import application
import domain
from domain.event import RuleBroken
from interfaces.http import app, problems
from tests.docs import pages

PAGE = pages.REFERENCE / "problems.md"
KINDS = {"RuleBroken", "NotFound", "Conflict", "Invalid"}
LITESTARS = {"not-found", "method-not-allowed", "request-entity-too-large", "bad-request"}


def leaves(kind: type[Exception]) -> Iterator[type[Exception]]:
    """The classes that are raised: those of the project that are no mere kind of error."""
    if kind.__name__ not in KINDS:
        yield kind
    for subclass in kind.__subclasses__():
        if subclass.__module__.partition(".")[0] != "tests":
            yield from leaves(subclass)


def instances() -> list[Exception]:
    """One of each error that can become a problem, whatever else was imported before."""
    assert app.CONTROLLERS
    for package in (domain, application):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    kinds = [kind for kind, _ in problems.STATUSES if not issubclass(kind, RuleBroken)]
    classes = {*leaves(RuleBroken), *(leaf for kind in kinds for leaf in leaves(kind))}
    return [made(kind) for kind in sorted(classes, key=lambda kind: kind.__name__)]


def made(kind: type[Exception]) -> Exception:
    """An instance, with "1" for whatever its making asks for."""
    if kind.__init__ is Exception.__init__:
        return kind()
    asked = inspect.signature(kind).parameters.values()
    return kind(*("1" for each in asked if each.default is each.empty))


def answered(error: Exception) -> tuple[str, int]:
    """The name and status of the problem that the API makes of an error."""
    request: Request[Any, Any, Any] = Request({"type": "http", "headers": [], "state": {}})  # type: ignore[arg-type] # all that is looked at
    problem = problems.answer(request, error).content
    return problem.type.removeprefix(problems.TYPE_PREFIX), problem.status


def written_out() -> set[tuple[str, int]]:
    """Name and status of the problems that are named where they are raised."""
    found = set()
    for path in sorted((pages.ROOT / "interfaces" / "http").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if called in {"BadRequest", "_respond"}:
                    texts = [part.value for part in node.args if isinstance(part, ast.Constant)]
                    numbers = [each for each in texts if isinstance(each, int)]
                    words = [each for each in texts if isinstance(each, str)]
                    if numbers and words:
                        found.add((words[0], numbers[0]))
    return found


def frameworks() -> set[tuple[str, int]]:
    """Those the framework raises before any of our code runs."""
    kinds = [
        kind
        for kind in vars(http_exceptions).values()
        if isinstance(kind, type)
        and issubclass(kind, http_exceptions.HTTPException)
        and kind.status_code < 500
    ]
    made = {answered(kind(detail="")) for kind in kinds}
    return {(name, status) for name, status in made if name in LITESTARS}


def documented() -> set[tuple[str, int]]:
    found = set()
    for heading in ("From rules", "From requests", "From the server"):
        rows = pages.rows(pages.sections(PAGE, 2)[heading])
        found |= {(cells[0], int(cells[1])) for cells in rows}
    return found


def reasons() -> set[str]:
    """Every reason that a file or a stage can be refused with."""
    found = set()
    for path in sorted((pages.ROOT / "infrastructure" / "documents").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"(?:Unextractable|Refusal)\(\s*\"([a-z_]+)\"", text))
        found |= set(re.findall(r"\breason=\"([a-z_]+)\"", text))
    runner = (pages.ROOT / "interfaces" / "job_runner.py").read_text(encoding="utf-8")
    return found | set(re.findall(r"^[A-Z_]+ = \(\s*\"([a-z_]+)\"", runner, re.MULTILINE))


def test_every_problem_is_documented_with_its_status_and_nothing_else() -> None:
    from_rules = {answered(error) for error in instances()}
    assert documented() == from_rules | written_out() | frameworks()


@pytest.mark.parametrize("error", instances(), ids=lambda error: type(error).__name__)
def test_an_error_of_the_project_never_becomes_an_internal_error(error: Exception) -> None:
    assert answered(error)[1] != 500


def test_every_reason_is_documented_and_nothing_else() -> None:
    table = pages.first_cells(pages.sections(PAGE, 2)["Reasons"])
    assert sorted(table) == sorted(reasons())
