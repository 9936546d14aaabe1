"""docs/reference/projections.md names every projection with its version, events and tables."""

import pytest

from projections import catalogue
from projections.engine.projection import Projection
from tests.docs import pages

PAGE = pages.REFERENCE / "projections.md"


def documented() -> dict[str, tuple[int, list[str], list[str]]]:
    intro = next(iter(pages.sections(PAGE, 1).values())).partition("\n## ")[0]
    return {
        name: (int(version), listed(events), listed(tables))
        for name, version, events, tables in pages.rows(intro)
    }


def listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


def test_every_projection_is_documented_and_nothing_else() -> None:
    assert documented() == {
        each.name: (
            each.version,
            sorted(event_type.__name__ for event_type in each.handlers),
            list(each.tables),
        )
        for each in catalogue.PROJECTIONS
    }


def test_every_projection_is_said_to_be_for_something() -> None:
    told = pages.first_cells(pages.sections(PAGE, 2)["What each is for"])
    assert sorted(told) == sorted(each.name for each in catalogue.PROJECTIONS)


@pytest.mark.parametrize("projection", catalogue.PROJECTIONS, ids=lambda each: each.name)
def test_a_read_table_carries_its_version(projection: type[Projection]) -> None:
    assert all(table.endswith(f"_v{projection.version}") for table in projection.tables)
    assert all("." not in table for table in projection.tables)
