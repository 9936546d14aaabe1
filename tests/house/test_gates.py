"""The gates themselves: locks that lock everything, targets that are listed."""

import re
import tomllib

from tests.house.files import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==\S+.*?\\$", re.MULTILINE)


def wanted(*extras: str) -> set[str]:
    extra = [line for name in extras for line in PROJECT["optional-dependencies"][name]]
    lines = [*PROJECT["dependencies"], *extra]
    return {re.split(r"[^a-z0-9-]", line, maxsplit=1)[0] for line in lines}


def locked(name: str) -> set[str]:
    return set(PIN.findall((ROOT / name).read_text()))


def test_everything_that_is_needed_is_locked() -> None:
    assert wanted("build") - locked("requirements.lock") == set()
    assert wanted("build", "dev") - locked("requirements-dev.lock") == set()


def test_every_locked_package_has_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        for pin in re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text())[1:]:
            assert "--hash=sha256:" in pin, pin.splitlines()[0]


def test_both_locks_hold_the_same_versions() -> None:
    core, dev = (
        (ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock")
    )
    pins = re.compile(r"^[a-z0-9][^\\\n]*==[^\\\n]*", re.MULTILINE)
    assert set(pins.findall(core)) - set(pins.findall(dev)) == set()


def test_every_target_is_listed_by_make_help() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z][a-z-]*%?):(.*)$", text, re.MULTILINE)
    assert [name for name, rest in targets if "## " not in rest] == []


def test_the_gate_runs_what_the_readme_names() -> None:
    gate = (ROOT / ".ci" / "run").read_text()
    assert {"make check", "make test"} <= set(gate.splitlines())
