"""What every event is: one frozen fact with a type string that stands for ever."""

from typing import Any, ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of one stream.

    `TYPE` is written to the log and never changes. `SCHEMA` counts the shapes this type has had;
    a new shape comes with an entry in `UPCASTERS`, which turns the JSON object of the schema
    before it into the next one.

    `PERSON` matters where fields are `Personal`: the field with the user id of the person they are
    about, or None where the stream is the person's own login.
    """

    TYPE: ClassVar[str]
    SCHEMA: ClassVar[int] = 1
    PERSON: ClassVar[str | None] = None
    UPCASTERS: ClassVar[dict[int, Any]] = {}


class RuleBroken(Exception):  # noqa: N818 - subclasses are named for the rule, not for being errors
    """A rule of the domain forbids this. The docstring of each subclass is its message."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or (type(self).__doc__ or "").split("\n", maxsplit=1)[0])


class UnknownEvent(Exception):  # noqa: N818 - named for what happened
    """A fold met an event that its state does not know."""

    def __init__(self, event: Event) -> None:
        super().__init__(f"no transition for {type(event).__name__}")


class NotFound(RuleBroken):
    """There is no such thing, or it is not yours to see."""


class Conflict(RuleBroken):
    """The request contradicts the present state."""


class Invalid(RuleBroken):
    """The request is well-formed but a value in it breaks a rule."""
