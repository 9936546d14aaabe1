"""How a session goes on and ends."""

from uuid import UUID

from domain.logins import session
from domain.logins.events import SessionEnded, SessionRefreshed, SessionStarted
from tests.given import given

STARTED = SessionStarted(user_id=UUID(int=1))
ENDED = SessionEnded(reason="logged_out")


def test_the_current_refresh_token_is_traded_for_the_next() -> None:
    given(session.evolve, [STARTED]).when(session.refresh, generation=1).then(
        SessionRefreshed(generation=2)
    )


def test_a_refresh_token_used_twice_ends_the_session() -> None:
    given(session.evolve, [STARTED, SessionRefreshed(generation=2)]).when(
        session.refresh, generation=1
    ).then(SessionEnded(reason="refresh_token_reused"))


def test_a_session_that_is_over_is_not_refreshed() -> None:
    given(session.evolve, [STARTED, ENDED]).when(session.refresh, generation=1).then_refused(
        session.SessionOver
    )


def test_logging_out_twice_is_no_error() -> None:
    given(session.evolve, [STARTED]).when(session.end, reason="logged_out").then(ENDED)
    given(session.evolve, [STARTED, ENDED]).when(session.end, reason="logged_out").then()
