"""docs/reference/events.md names every event type with its schema and its fields, and no other."""

from typing import Any

import msgspec
import pytest

from domain import catalogue
from domain.answers.events import CitedPassage
from domain.documents import results
from domain.documents.events import Content
from domain.event import Event
from tests.docs import pages

PAGE = pages.REFERENCE / "events.md"
EVENTS = {name: text for name, text in pages.sections(PAGE, 3).items() if "." in name}
VALUES = pages.sections(PAGE, 3)
FINDINGS: list[type[msgspec.Struct]] = [
    results.IngestionResult,
    results.QualityResult,
    results.TaxonomyResult,
    results.GraphResult,
    results.EmbeddingResult,
]


def fields(struct: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct)]


def required(struct: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct) if field.required]


def documented_as_required(text: str) -> list[str]:
    return [cells[0] for cells in pages.rows(text) if not cells[2]]


def test_every_event_type_is_documented_and_nothing_else() -> None:
    assert sorted(EVENTS) == sorted(catalogue.BY_TYPE)


@pytest.mark.parametrize("event_type", catalogue.EVENT_TYPES, ids=lambda event: event.TYPE)
def test_an_event_is_documented_with_its_fields(event_type: type[Event]) -> None:
    text = EVENTS[event_type.TYPE]
    assert f"`{event_type.__name__}`, schema {event_type.SCHEMA}." in text
    assert pages.first_cells(text) == fields(event_type)
    assert documented_as_required(text) == required(event_type)


@pytest.mark.parametrize(
    ("heading", "struct"), [("Content", Content), ("Cited passage", CitedPassage)]
)
def test_a_value_inside_events_is_documented_with_its_fields(
    heading: str, struct: type[msgspec.Struct]
) -> None:
    assert pages.first_cells(VALUES[heading]) == fields(struct)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.__name__)
def test_a_finding_is_documented_with_its_fields(finding: type[msgspec.Struct]) -> None:
    tag: Any = finding.__struct_config__.tag
    _, _, after = VALUES["Findings"].partition(f"`{tag}`:")
    table = after.strip().split("\n\n")[0]
    assert pages.first_cells(table) == fields(finding)
