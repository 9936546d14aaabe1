"""What was ever written to a log can still be read."""

from pathlib import Path

import msgspec
import pytest

from domain import catalogue
from domain.personal import ERASED
from infrastructure.event_log import codec
from tests.event_log import golden


def test_every_schema_of_every_event_has_a_golden_sample() -> None:
    wanted = {
        (event_type.TYPE, schema)
        for event_type in catalogue.EVENT_TYPES
        for schema in range(1, event_type.SCHEMA + 1)
    }
    assert wanted == set(golden.samples())


@pytest.mark.parametrize(
    ("type_", "schema", "path"),
    [
        (type_, schema, path)
        for (type_, schema), paths in golden.samples().items()
        for path in paths
    ],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
def test_a_golden_sample_still_decodes(type_: str, schema: int, path: Path) -> None:
    data = path.read_bytes().strip()
    event = golden.decoded(type_, schema, path)
    assert type(event) is catalogue.BY_TYPE[type_]
    assert ERASED not in msgspec.to_builtins(event).values()
    if path.name == "login.registered.2.auditor.json":
        assert msgspec.to_builtins(event)["role"] == "auditor"
    elif codec.is_personal(event):
        assert event == golden.decoded(type_, 1, golden.FOLDER / f"{type_}.1.json")
    elif schema == type(event).SCHEMA:
        assert codec.encode(event) == data


@pytest.mark.parametrize("type_", sorted(each.TYPE for each in catalogue.PERSONAL))
def test_a_personal_event_is_written_as_its_golden_sample_but_for_the_box(type_: str) -> None:
    sample = msgspec.json.decode((golden.FOLDER / f"{type_}.2.json").read_bytes())
    event = golden.decoded(type_, 2, golden.FOLDER / f"{type_}.2.json")
    assert event is not None
    written = msgspec.json.decode(codec.enclose(event, golden.PLACE, golden.KEYS).data)
    assert list(written) == list(sample)
    assert len(written.pop("personal")) == len(sample.pop("personal"))
    assert written == sample


def test_type_strings_are_unique() -> None:
    assert len(catalogue.BY_TYPE) == len(catalogue.EVENT_TYPES)


def test_an_unknown_type_is_no_event() -> None:
    assert codec.decode("something.newer", 1, b"{}") is None


def test_a_newer_schema_of_a_known_type_is_no_event() -> None:
    assert codec.decode("document.removed", 99, b"{}") is None


@pytest.mark.parametrize("type_", ["tenant.registered", "login.registered"])
@pytest.mark.parametrize(
    "data", [b'{"name": 3}', b"{", b"", b'{"name": "\xff"}', b"[" * 100_000, b"\x00", b"[1]"]
)
def test_bytes_that_do_not_fit_are_undecodable(type_: str, data: bytes) -> None:
    with pytest.raises(codec.Undecodable):
        codec.decode(type_, 1, data)
