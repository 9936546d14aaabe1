"""A session: what one successful login opened, kept alive by rotating refresh tokens."""

from typing import Literal
from uuid import UUID

import msgspec

from domain.event import Conflict, Event, UnknownEvent
from domain.logins.events import SessionEnded, SessionRefreshed, SessionStarted


class SessionOver(Conflict):
    """The session has ended."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Present state of one session. `generation` is that of the one valid refresh token."""

    user_id: UUID
    generation: int = 1
    ended: bool = False


def start(*, user_id: UUID, address: str | None) -> list[Event]:
    """Decide the opening of a session after the password was checked."""
    return [SessionStarted(user_id=user_id, address=address)]


def refresh(state: Session, *, generation: int) -> list[Event]:
    """Decide a refresh with the token of `generation`; a token used before ends the session.

    Raises:
        SessionOver: it ended earlier.
    """
    if state.ended:
        raise SessionOver
    if generation != state.generation:
        return [SessionEnded(reason="refresh_token_reused")]
    return [SessionRefreshed(generation=generation + 1)]


def end(state: Session, *, reason: Literal["logged_out"]) -> list[Event]:
    """Decide the end of a session; ending it twice is no error."""
    return [] if state.ended else [SessionEnded(reason=reason)]


def evolve(state: Session | None, event: Event) -> Session:
    """Fold one event into the state."""
    match event, state:
        case SessionStarted(), None:
            return Session(user_id=event.user_id)
        case SessionRefreshed(), Session():
            return msgspec.structs.replace(state, generation=event.generation)
        case SessionEnded(), Session():
            return msgspec.structs.replace(state, ended=True)
        case _:
            raise UnknownEvent(event)
