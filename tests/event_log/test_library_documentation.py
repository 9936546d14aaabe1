"""The reference page of the persistence module says what is so."""

import os
import re
import unittest
from pathlib import Path
from unittest import mock

import pytest
from eventsourcing.tests import application, persistence, projection

from tests.event_log import library
from tests.servers import Database

PAGE = Path(__file__).parents[2] / "docs/reference/library-conformance.md"


def test_the_example_runs(library_database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    env = library.environment(library_database.app_url)
    del env["PERSISTENCE_MODULE"]
    with mock.patch.dict(os.environ, env):
        exec(example, {"__name__": "example"})  # noqa: S102 - our own page
    assert capsys.readouterr().out == "Contracts 1\n"


def test_each_suite_has_as_many_tests_as_the_page_says() -> None:
    said = re.findall(r"\| `(\w+Case)` \| (\d+)", PAGE.read_text())
    assert len(said) == 12
    for name, count in said:
        [case] = [
            vars(module)[name]
            for module in (application, persistence, projection)
            if name in vars(module)
        ]
        assert len(unittest.TestLoader().getTestCaseNames(case)) == int(count), name
