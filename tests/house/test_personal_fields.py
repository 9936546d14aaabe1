"""Whatever looks like a person's in an event is marked as personal, and can be made unreadable."""

import re
from typing import get_type_hints
from uuid import UUID

import msgspec
import pytest

from domain import catalogue, personal
from domain.event import Event

LOOKS_PERSONAL = re.compile(
    r"e_?mail|address|phone|display_name|first_name|last_name|full_name|birth|password|iban|ip$"
)

PERSONAL = [each for each in catalogue.EVENT_TYPES if each in catalogue.PERSONAL]


@pytest.mark.parametrize("event_type", catalogue.EVENT_TYPES, ids=lambda event: event.TYPE)
def test_a_field_that_looks_personal_is_marked(event_type: type[Event]) -> None:
    marked = {field.name for field in personal.fields(event_type)}
    named = {field.encode_name for field in msgspec.structs.fields(event_type)}
    assert {name for name in named if LOOKS_PERSONAL.search(name)} <= marked


@pytest.mark.parametrize("event_type", PERSONAL, ids=lambda event: event.TYPE)
def test_a_personal_event_can_do_without_what_is_personal(event_type: type[Event]) -> None:
    hints = get_type_hints(event_type)
    for field in personal.fields(event_type):
        assert hints[field.name] in (str, str | None), "only texts have a placeholder"
        assert (field.placeholder is None) == (hints[field.name] == str | None)
    names = {field.name for field in personal.fields(event_type)}
    assert "personal" not in hints
    assert event_type.PERSON not in names


def test_what_names_a_person_is_a_field_of_a_personal_event() -> None:
    for event_type in catalogue.EVENT_TYPES:
        if event_type.PERSON is not None:
            assert event_type in PERSONAL
            assert get_type_hints(event_type)[event_type.PERSON] is UUID
