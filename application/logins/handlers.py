"""Commands about logins and sessions."""

import msgspec

from application import deciding
from application.actor import Actor
from application.logins.commands import EndSession, LogIn, RefreshSession
from application.ports import LoginRecord, Ports
from application.recorded import Recorded, fold
from domain.event import NotFound, RuleBroken
from domain.ids import StreamId, TenantId
from domain.logins import login, session
from domain.tenants import tenant


class LoginRefused(RuleBroken):
    """E-mail or password is wrong. If the e-mail is used in several tenants, name one."""


class SessionNotFound(NotFound):
    """There is no such session."""


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that may be given tokens: whose, and which generation its refresh token is."""

    session_id: StreamId
    tenant_id: TenantId
    login: LoginRecord
    generation: int
    recorded: Recorded


async def log_in(command: LogIn, actor: Actor, ports: Ports, *, address: str | None) -> OpenSession:
    """Check the password and open a session. Takes as long whether or not the login exists.

    Anybody may; `actor` carries the cause, its tenant is found here.

    Raises:
        LoginRefused: unknown address, wrong password, or a tenant has to be named.
    """
    found = await _find(command, ports)
    password = command.password if len(command.password) <= login.PASSWORD_LENGTH_MAX else ""
    if not await ports.hasher.verify(password, found.password_hash if found else None):
        raise LoginRefused
    if found is None:
        raise LoginRefused
    acting = msgspec.structs.replace(
        actor, tenant_id=TenantId(found.tenant_id), name=f"user:{found.user_id}"
    )
    session_id = StreamId(ports.ids.new())
    events = session.start(user_id=found.user_id, address=address)
    recorded = await deciding.create(session_id, events, acting, ports)
    return OpenSession(
        session_id=session_id,
        tenant_id=acting.tenant_id,
        login=found,
        generation=1,
        recorded=recorded,
    )


async def refresh_session(command: RefreshSession, actor: Actor, ports: Ports) -> OpenSession:
    """Move the session to its next refresh token; a token used before ends the session.

    Raises:
        SessionNotFound, SessionOver: it does not exist, or has ended, perhaps just now because
            this token had been used before.
    """
    stream_id = StreamId(command.session_id)
    recorded = await deciding.change(
        stream_id,
        session.evolve,
        lambda state: session.refresh(state, generation=command.generation),
        actor,
        ports,
        absent=SessionNotFound,
    )
    state = fold(session.evolve, await ports.events.load(actor.tenant_id, stream_id))
    if state is None or state.ended or state.generation != command.generation + 1:
        raise session.SessionOver
    owner = fold(login.evolve, await ports.events.load(actor.tenant_id, StreamId(state.user_id)))
    if owner is None:
        raise SessionNotFound
    return OpenSession(
        session_id=stream_id,
        tenant_id=actor.tenant_id,
        login=LoginRecord(
            tenant_id=actor.tenant_id,
            user_id=state.user_id,
            password_hash=owner.password_hash,
            role=owner.role,
            display_name=owner.display_name,
        ),
        generation=state.generation,
        recorded=recorded,
    )


async def end_session(command: EndSession, actor: Actor, ports: Ports) -> Recorded:
    """Log out: no token of the session can be refreshed any more.

    Raises:
        SessionNotFound: there is no such session in this tenant.
    """
    return await deciding.change(
        StreamId(command.session_id),
        session.evolve,
        lambda state: session.end(state, reason="logged_out"),
        actor,
        ports,
        absent=SessionNotFound,
    )


async def _find(command: LogIn, ports: Ports) -> LoginRecord | None:
    """The login asked for; what can't be an address or a slug is not looked up."""
    try:
        email = login.normalise_email(command.email)
    except login.EmailInvalid:
        return None
    if command.tenant is not None and not tenant.is_slug(command.tenant):
        return None
    return await ports.logins.find(email, command.tenant)
