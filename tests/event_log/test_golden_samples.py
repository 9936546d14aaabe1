"""What was ever written to a log can still be read."""

from collections import defaultdict
from pathlib import Path

import pytest

from domain import catalogue
from infrastructure.event_log import codec

GOLDEN = Path(__file__).parents[1] / "golden"


def samples() -> dict[tuple[str, int], list[Path]]:
    found: dict[tuple[str, int], list[Path]] = defaultdict(list)
    for path in sorted(GOLDEN.glob("*.json")):
        parts = path.name.split(".")
        number = next(index for index, part in enumerate(parts) if part.isdigit())
        found[".".join(parts[:number]), int(parts[number])].append(path)
    return found


def test_every_schema_of_every_event_has_a_golden_sample() -> None:
    wanted = {
        (event_type.TYPE, schema)
        for event_type in catalogue.EVENT_TYPES
        for schema in range(1, event_type.SCHEMA + 1)
    }
    assert wanted == set(samples())


@pytest.mark.parametrize(
    ("type_", "schema", "path"),
    [(type_, schema, path) for (type_, schema), paths in samples().items() for path in paths],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
def test_a_golden_sample_still_decodes(type_: str, schema: int, path: Path) -> None:
    data = path.read_bytes().strip()
    event = codec.decode(type_, schema, data)
    assert type(event) is catalogue.BY_TYPE[type_]
    if schema == type(event).SCHEMA:
        assert codec.encode(event) == data


def test_type_strings_are_unique() -> None:
    assert len(catalogue.BY_TYPE) == len(catalogue.EVENT_TYPES)


def test_an_unknown_type_is_no_event() -> None:
    assert codec.decode("something.newer", 1, b"{}") is None


def test_a_newer_schema_of_a_known_type_is_no_event() -> None:
    assert codec.decode("document.removed", 99, b"{}") is None


def test_bytes_that_do_not_fit_are_undecodable() -> None:
    with pytest.raises(codec.Undecodable):
        codec.decode("tenant.registered", 1, b'{"name": 3}')
