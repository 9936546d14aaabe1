"""The pages about the database name its tables, columns, functions and outcomes."""

import re

import pytest

from tests.docs import pages

LOG = pages.REFERENCE / "event-log.md"
JOBS = pages.REFERENCE / "jobs.md"
PERSONAL = pages.REFERENCE / "personal-data.md"
PROJECTIONS = pages.REFERENCE / "projections.md"
VERIFICATION = pages.REFERENCE / "verification.md"
MIGRATIONS = pages.ROOT / "infrastructure" / "event_log" / "migrations"
TABLE = re.compile(r"^CREATE TABLE (\w+\.\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
ADDED = re.compile(r"^ALTER TABLE (\w+\.\w+) ADD COLUMN (\w+)", re.MULTILINE)
GRANTED = re.compile(r"GRANT EXECUTE ON FUNCTION ([\w., ]+?)\s+TO muniment_app")
DROPPED = re.compile(r"DROP FUNCTION ([\w.]+);")


def sql() -> str:
    paths = sorted(MIGRATIONS.glob("*.sql"))
    return "\n".join(path.read_text() for path in paths if "rollback" not in path.name)


def tables() -> dict[str, list[str]]:
    found = {
        name: re.findall(r"^  ([a-z]\w*) +[a-z]", columns, re.MULTILINE)
        for name, columns in TABLE.findall(sql())
    }
    for name, column in ADDED.findall(sql()):
        found[name].append(column)
    return found


def documented(text: str) -> list[str]:
    return [name.strip() for cell in pages.first_cells(text) for name in cell.split(",")]


PLACES = {
    "log.heads": pages.sections(LOG, 3)["log.heads"],
    "log.events": pages.sections(LOG, 3)["log.events"],
    "log.commands": pages.sections(LOG, 3)["log.commands"],
    "log.claims": pages.sections(LOG, 3)["log.claims"].partition("| scope | key |")[0],
    "log.seals": pages.sections(VERIFICATION, 3)["log.seals"],
    "log.seal_keys": pages.sections(VERIFICATION, 3)["log.seal_keys"],
    "read.checkpoints": pages.sections(PROJECTIONS, 2)["Checkpoints"],
    "read.generations": pages.sections(PROJECTIONS, 2)["Generations"].partition(
        "`read.serving` says"
    )[0],
    "read.serving": pages.sections(PROJECTIONS, 2)["Generations"].partition("`read.serving` says")[
        2
    ],
    "vault.person_keys": pages.sections(PERSONAL, 2)["vault.person_keys"].partition("| function")[
        0
    ],
    "work.jobs": pages.sections(JOBS, 2)["work.jobs"],
    "work.embeddings": pages.sections(JOBS, 2)["work.embeddings"],
}


@pytest.mark.parametrize("table", sorted(PLACES))
def test_a_table_is_documented_with_its_columns(table: str) -> None:
    assert sorted(documented(PLACES[table])) == sorted(tables()[table])


def test_every_table_is_named_on_a_page() -> None:
    text = "".join(page.read_text() for page in (LOG, JOBS, PROJECTIONS))
    assert [name for name in tables() if name not in text] == []


def test_every_function_that_the_application_may_call_is_named() -> None:
    rights = pages.sections(LOG, 2)["Roles and rights"]
    given = [name.strip() for names in GRANTED.findall(sql()) for name in names.split(",")]
    granted = set(given) - set(DROPPED.findall(sql()))
    assert granted
    assert [name for name in granted if name not in rights] == []


def test_every_outcome_of_an_append_is_documented_and_nothing_else() -> None:
    outcomes = set(re.findall(r"^--   ([a-z]+) {3,}\S", sql(), re.MULTILINE))
    table = pages.sections(LOG, 2)["Append"].partition("| limit |")[0]
    assert set(pages.first_cells(table)) == outcomes
