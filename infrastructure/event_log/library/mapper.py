"""Domain events to stored events and back, in the same bytes as the asynchronous store's."""

from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing import persistence, utils
from eventsourcing.domain import DomainEventProtocol, TAggregateID
from eventsourcing.persistence import StoredEvent

from domain.event import Event
from infrastructure.event_log import codec
from infrastructure.event_log.library import topics
from infrastructure.event_log.library.streams import StreamEvent
from infrastructure.event_log.library.tenant_vault import TenantVault


class MsgspecMapper(persistence.Mapper[TAggregateID]):
    """Three kinds of events, told apart by their topic.

    - The catalogue's, as `StreamEvent`: the topic is the type string, the bytes are the codec's.
    - Other msgspec Structs: the topic names the class, the bytes are the whole Struct as JSON.
    - Everything else: as the library's own mapper does it, with the transcoder.

    Type strings have no colon and names of classes have one, so a type that this release doesn't
    know is never taken for a module to import. Compressor and cipher, where set, work on all.

    What is personal in the catalogue's events is enclosed as everywhere, with keys from `vault`.
    Without one it reads as erased, and can't be written.
    """

    vault: TenantVault | None = None

    def to_stored_event(self, domain_event: DomainEventProtocol[TAggregateID]) -> StoredEvent:
        """The event as the recorder takes it.

        Raises:
            ProgrammingError: its class has a topic without a colon, or its type is unknown; or
                something in it is personal, and there is no vault or it has no place in the log.
        """
        placed: Any = domain_event
        if isinstance(placed, StreamEvent):
            if placed.event is None:
                raise persistence.ProgrammingError(f"of unknown type: {placed.type}")
            topic = topics.join(placed.event.TYPE, placed.event.SCHEMA)
            return self._stored(placed, topic, self._encoded(placed, placed.event))
        topic = utils.get_topic(type(domain_event))
        if ":" not in topic:
            raise persistence.ProgrammingError(f"the topic of a class has a colon: {topic!r}")
        if isinstance(placed, msgspec.Struct):
            return self._stored(placed, topic, msgspec.json.encode(placed))
        return super().to_stored_event(domain_event)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[TAggregateID]:
        """The event as the application knows it.

        Raises:
            MapperDeserialisationError: the bytes don't fit the topic, the cipher or the compressor.
        """
        type_, schema = topics.split(stored_event.topic)
        if ":" not in type_:
            return cast(
                "DomainEventProtocol[TAggregateID]", self._placed(stored_event, type_, schema)
            )
        kind = utils.resolve_topic(stored_event.topic)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            try:
                data = self._opened(stored_event.state)
                return cast(
                    "DomainEventProtocol[TAggregateID]", msgspec.json.decode(data, type=kind)
                )
            except ValueError as error:
                raise _broken(stored_event) from error
        return super().to_domain_event(stored_event)

    def _encoded(self, placed: StreamEvent, event: Event) -> bytes:
        if not codec.is_personal(event):
            return codec.encode(event)
        if self.vault is None:
            raise persistence.ProgrammingError(f"personal, and VAULT_KEY is not set: {placed.type}")
        if placed.originator_version < 1:
            raise persistence.ProgrammingError(f"personal, and not numbered from 1: {placed.type}")
        keys = self.vault.ensure(codec.person(event, placed.originator_id))
        return codec.enclose(event, self.vault.place(placed), keys).data

    def _placed(self, stored_event: StoredEvent, type_: str, schema: int) -> StreamEvent:
        id_ = cast("UUID", stored_event.originator_id)
        placed = StreamEvent(id_, stored_event.originator_version, type_, None)
        try:
            data = self._opened(stored_event.state)
            if self.vault is None:
                event = codec.decode(type_, schema, data)
            else:
                keys = self.vault.keys(codec.persons([(type_, id_, data)]))
                event = codec.decode(type_, schema, data, self.vault.place(placed), keys)
        except (ValueError, codec.Undecodable) as error:
            raise _broken(stored_event) from error
        return msgspec.structs.replace(placed, event=event)

    def _stored(self, event: Any, topic: str, data: bytes) -> StoredEvent:
        if self.compressor:
            data = self.compressor.compress(data)
        if self.cipher:
            data = self.cipher.encrypt(data)
        return StoredEvent(event.originator_id, event.originator_version, topic, data)

    def _opened(self, data: bytes) -> bytes:
        if self.cipher:
            data = self.cipher.decrypt(data)
        if self.compressor:
            data = self.compressor.decompress(data)
        return data


def _broken(stored_event: StoredEvent) -> persistence.MapperDeserialisationError:
    return persistence.MapperDeserialisationError(
        f"version {stored_event.originator_version} of {stored_event.originator_id}"
        f" is no {stored_event.topic}"
    )
