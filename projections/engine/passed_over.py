"""What a projection passes over: streams that are parked, and events that are skipped for ever."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from application.recorded import RecordedEvent
from projections.engine.generations import Consumer, Key
from projections.engine.reading import SQL


class PassedOver(NamedTuple):
    """What holds for one tenant, over the events asked about."""

    parked: frozenset[tuple[Key, UUID]]
    skipped: frozenset[tuple[str, int]]

    def taken(self, consumer: Consumer, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Those of the events that the projection takes in."""
        projection, key = consumer.projection, consumer.key
        return [
            recorded
            for recorded in events
            if projection.takes(recorded)
            and (key, recorded.stream_id) not in self.parked
            and not self.is_skipped(consumer, recorded.position)
        ]

    def left(self, consumer: Consumer, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """The events without those that are skipped."""
        return [each for each in events if not self.is_skipped(consumer, each.position)]

    def by_all(self, consumers: Iterable[Consumer]) -> set[int]:
        """The positions that every one of these projections skips."""
        names = {consumer.key.projection for consumer in consumers}
        positions = {position for _, position in self.skipped}
        return {each for each in positions if all((name, each) in self.skipped for name in names)}

    def is_skipped(self, consumer: Consumer, position: int) -> bool:
        """Whether the projection shall never take in the event at this position."""
        return (consumer.key.projection, position) in self.skipped


def between(connection: Connection[Any], tenant_id: UUID, first: int, last: int) -> PassedOver:
    """Every parked stream of the tenant, and the events skipped from `first` to `last`."""
    parameters = {"tenant_id": tenant_id, "first": first, "last": last}
    rows = connection.execute(SQL["passed_over"], parameters).fetchall()
    return PassedOver(
        parked=frozenset(
            (Key(projection, version, generation), stream_id)
            for projection, version, generation, stream_id, _ in rows
            if stream_id is not None
        ),
        skipped=frozenset(
            (projection, position) for projection, _, _, _, position in rows if position is not None
        ),
    )
