"""What a projection is: a name, a version, the events it handles, and how it takes a batch."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from psycopg import Connection

from application.jobs import Job
from application.recorded import RecordedEvent
from domain.event import Event
from infrastructure.sql import Queries

Handler = TypeVar("Handler", bound=Callable[..., Any])


def on(*event_types: type[Event]) -> Callable[[Handler], Handler]:
    """Mark a method as the handler of these events."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__["handles"] = event_types
        return handler

    return mark


class Unavailable(Exception):  # noqa: N818 - named for what is the matter
    """Something outside that a projection reads can't be reached; trying later is right."""


class Projection:
    """One consumer of every tenant's log, with a checkpoint of its own for each.

    Its tables end in `_v<version>`; a change of what they hold is a new version and a replay.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    queries: ClassVar[Queries]
    """Holds `create`, the definition of the tables, and what the projection reads and writes."""
    tables: ClassVar[tuple[str, ...]]
    """The tables that `create` makes, `<name>_v<version>`; each has `tenant_id` first.

    Without a schema, here and in every query: the search path says which generation is meant.
    """
    handlers: ClassVar[dict[type[Event], str]] = {}
    by_stream: ClassVar[bool] = True
    """Whether the rows that an event changes hang on its own stream alone. Then a stream that was
    passed over is taken in by itself; else the tenant's rows are made anew from the log."""
    slow: ClassVar[bool] = False
    """Whether an event may take long: such a projection goes alone, and no other waits for it."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.handlers = dict(cls.handlers)
        for attribute, member in list(vars(cls).items()):
            for event_type in getattr(member, "handles", ()):
                cls.handlers[event_type] = attribute

    def apply(
        self, connection: Connection[Any], tenant_id: UUID, events: Sequence[RecordedEvent]
    ) -> Sequence[Job]:
        """Take events of one tenant, in order, within the transaction that moves the checkpoint.

        `events` are those of the handled types alone. Returns the jobs written, to be announced
        to the workers after the commit.
        """
        raise NotImplementedError  # each projection has its own

    def takes(self, recorded: RecordedEvent) -> bool:
        """Whether there is a handler for this event."""
        return type(recorded.event) in self.handlers

    @cached_property
    def bound_handlers(self) -> Mapping[type, Callable[..., Any]]:
        """The method that takes events of a type, for each type that is handled."""
        return {taken: getattr(self, attribute) for taken, attribute in self.handlers.items()}
