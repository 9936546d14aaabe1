"""Events keep their meaning on their way through the library."""

from enum import StrEnum
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing import persistence
from eventsourcing.cryptography import AESCipher
from eventsourcing.domain import Aggregate, datetime_now_with_tzinfo
from eventsourcing.persistence import JSONTranscoder, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import Environment
from hypothesis import example, given
from hypothesis import strategies as st

from application.recorded import UndecodableHistory
from domain import catalogue
from infrastructure.event_log import codec
from infrastructure.event_log.library import streams, topics
from infrastructure.event_log.library.mapper import MsgspecMapper
from infrastructure.event_log.library.streams import StreamEvent
from infrastructure.event_log.library.transcoder import ExactTranscoder
from tests.event_log import golden, logs

ID = UUID("7a3d1c52-5e0c-4c5e-9d2f-5a86f1f7a001")


class MeterRead(msgspec.Struct, frozen=True):
    """A Struct of somebody else's application."""

    originator_id: UUID
    originator_version: int
    reading: int


class Renamed(Aggregate.Event):
    """An event class of the library."""

    TOPIC = "renamed"


def mapper(cipher: AESCipher | None = None) -> MsgspecMapper[UUID]:
    transcoder = ExactTranscoder()
    transcoder.register(persistence.DatetimeAsISO())
    return MsgspecMapper(transcoder, None, cipher)


def cipher() -> AESCipher:
    return AESCipher(Environment(env={"CIPHER_KEY": AESCipher.create_key(32)}))


def test_every_event_of_the_catalogue_has_the_bytes_of_the_asynchronous_store() -> None:
    for (type_, schema), paths in golden.samples().items():
        for path in paths:
            event = golden.decoded(type_, schema, path)
            assert event is not None
            if codec.is_personal(event):
                continue  # these take a vault: test_library_personal
            [placed] = streams.following(ID, 4, [event])
            stored = mapper().to_stored_event(placed)
            assert stored == StoredEvent(
                ID, 5, topics.join(event.TYPE, event.SCHEMA), codec.encode(event)
            )
            assert mapper().to_domain_event(stored) == placed


def test_a_type_or_schema_of_a_newer_release_is_placed_without_its_event() -> None:
    for topic in ("document.sealed", f"{catalogue.EVENT_TYPES[0].TYPE}#99", "antigravity"):
        placed = mapper().to_domain_event(StoredEvent(ID, 1, topic, b"{}"))
        assert isinstance(placed, StreamEvent)
        assert (placed.type, placed.event) == (topic.partition("#")[0], None)
        with pytest.raises(persistence.ProgrammingError, match="unknown type"):
            mapper().to_stored_event(placed)


def test_a_struct_of_another_application_goes_by_its_class() -> None:
    event = MeterRead(ID, 3, 1200)
    stored = mapper().to_stored_event(event)
    assert stored.topic == f"{__name__}:MeterRead"
    assert mapper().to_domain_event(stored) == event


def test_an_event_of_the_library_goes_as_the_library_does_it() -> None:
    event = Aggregate.Event(
        originator_id=ID, originator_version=2, timestamp=datetime_now_with_tzinfo()
    )
    stored = mapper().to_stored_event(event)
    theirs = JSONTranscoder()
    theirs.register(persistence.DatetimeAsISO())
    assert stored == persistence.Mapper[UUID](theirs).to_stored_event(event)
    assert mapper().to_domain_event(stored) == event


def test_a_class_whose_topic_could_be_a_type_string_is_refused() -> None:
    event = Renamed(originator_id=ID, originator_version=2, timestamp=datetime_now_with_tzinfo())
    with pytest.raises(persistence.ProgrammingError, match="colon"):
        mapper().to_stored_event(event)


@pytest.mark.parametrize("topic", ["tenant.registered", f"{__name__}:MeterRead"])
def test_bytes_that_do_not_fit_their_topic_are_a_deserialisation_error(topic: str) -> None:
    with pytest.raises(MapperDeserialisationError):
        mapper().to_domain_event(StoredEvent(ID, 1, topic, b'{"name": 3}'))


@pytest.mark.parametrize(
    "event", [MeterRead(ID, 3, 1200), streams.following(ID, 0, [logs.event()])[0]]
)
def test_the_cipher_hides_events_from_all_who_lack_its_key(event: MeterRead | StreamEvent) -> None:
    ours = mapper(cipher())
    stored = ours.to_stored_event(event)
    assert ours.to_domain_event(stored) == event
    assert b"1200" not in stored.state
    assert b"Contracts" not in stored.state
    with pytest.raises(MapperDeserialisationError):
        mapper(cipher()).to_domain_event(stored)


class Colour(StrEnum):
    RED = "red"


def test_the_transcoder_reads_and_writes_what_the_librarys_does() -> None:
    state = {"list": [1, 2.5, None], "colour": Colour.RED, "big": 2**70, "nested": {"a": [{}]}}
    theirs = JSONTranscoder().encode(state)
    assert ExactTranscoder().encode(state) == theirs
    assert ExactTranscoder().decode(theirs) == state


@given(st.text() | st.from_regex(r"[a-z.]+#[0-9]{1,6}", fullmatch=True))
def test_a_topic_comes_back_from_type_and_schema_as_it_was(topic: str) -> None:
    type_, schema = topics.split(topic)
    assert 1 <= schema <= topics.SCHEMA_MAX
    assert topics.join(type_, schema) == topic


@given(st.from_regex(r"[a-z]+\.[a-z_]+", fullmatch=True), st.integers(1, topics.SCHEMA_MAX))
@example("document.added", 2)
@example("document.added", topics.SCHEMA_MAX)
def test_type_and_schema_come_back_from_their_topic(type_: str, schema: int) -> None:
    assert topics.split(topics.join(type_, schema)) == (type_, schema)


def test_a_fold_over_a_history_of_a_newer_release_is_refused() -> None:
    project = streams.projector(lambda _state, event: event)
    with pytest.raises(UndecodableHistory, match=r"document\.sealed"):
        project(None, [StreamEvent(uuid4(), 1, "document.sealed", None)])
