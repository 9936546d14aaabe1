"""Specifications of decisions: given what happened, when this is asked, then that follows.

given(document.evolve, [added]).when(document.remove).then(DocumentRemoved())
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import pytest

from domain.event import Event, RuleBroken


class Given:
    """A history, and then what a decision on it comes to."""

    def __init__(self, evolve: Callable[[Any, Event], Any], history: Sequence[Event]) -> None:
        self.state: Any = None
        for event in history:
            self.state = evolve(self.state, event)
        self._decide: Callable[[], Sequence[Event]] | None = None

    def when(self, decision: Callable[..., Sequence[Event]], *args: Any, **values: Any) -> Self:
        """Ask for `decision(state, …)`, or `decision(…)` where nothing happened yet."""
        states = () if self.state is None else (self.state,)
        self._decide = lambda: decision(*states, *args, **values)
        return self

    def then(self, *events: Event) -> None:
        """Exactly these events follow."""
        assert self._decide is not None
        assert list(self._decide()) == list(events)

    def then_refused(self, rule: type[RuleBroken]) -> None:
        """The rule forbids it."""
        assert self._decide is not None
        with pytest.raises(rule):
            self._decide()


def given(evolve: Callable[[Any, Event], Any], history: Sequence[Event] = ()) -> Given:
    """Begin a specification."""
    return Given(evolve, history)
