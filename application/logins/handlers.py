"""Commands about logins and sessions."""

from uuid import UUID

import msgspec

from application import deciding
from application.actor import Actor, Forbidden
from application.logins import claims
from application.logins.commands import (
    EndSession,
    EraseLogin,
    LogIn,
    RefreshSession,
    RegisterLogin,
)
from application.ports import LoginRecord, Ports
from application.recorded import Claim, Claimed, Recorded, fold
from domain.event import Conflict, NotFound, RuleBroken
from domain.ids import StreamId, TenantId, Version
from domain.logins import login, session
from domain.logins.events import LoginErased
from domain.logins.login import Login
from domain.personal import ERASED
from domain.tenants import tenant


class LoginRefused(RuleBroken):
    """E-mail or password is wrong. If the e-mail is used in several tenants, name one."""


class SessionNotFound(NotFound):
    """There is no such session."""


class EmailTaken(Conflict):
    """Somebody of this tenant has this address already."""


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
        LoginRefused: unknown address, wrong password, or a tenant has to be named; or the person
            was erased, and the directory has not heard of it yet.
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
    if await _is_erased(acting.tenant_id, found.user_id, ports):
        raise LoginRefused
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
            this token had been used before; or its person was erased.
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
    if owner.erased:
        raise session.SessionOver
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


async def register_login(command: RegisterLogin, actor: Actor, ports: Ports) -> Recorded:
    """Register a login of the actor's tenant, with a role.

    Raises:
        Forbidden: the actor may not manage the tenant, or was erased.
        OwnerRequired: somebody else than an owner wants to make one, or an auditor.
        EmailInvalid, PasswordTooWeak, DisplayNameInvalid: the named rule is broken.
        EmailTaken: the address belongs to another login of this tenant.
    """
    actor.require("tenant:manage")
    login.may_make(command.role, by_role=actor.role)
    login.check_password(command.password)
    email = login.normalise_email(command.email)
    await _still_there(actor, ports)
    events = login.register(
        email=email,
        password_hash=await ports.hasher.hash(command.password),
        display_name=command.display_name,
        role=command.role,
    )
    stream_id = StreamId(ports.ids.new())
    claim = claims.of_email(actor.tenant_id, stream_id, email, ports)
    try:
        return await deciding.create(stream_id, events, actor, ports, claims=[claim])
    except Claimed as taken:
        raise EmailTaken from taken


async def erase_login(
    command: EraseLogin, actor: Actor, ports: Ports, *, expected: Version | None = None
) -> Recorded:
    """Erase a person of the actor's tenant, if `expected` is given only at that version.

    The address is free again with the event itself; that nothing personal can be read any more
    follows from it.

    Raises:
        Forbidden: the actor may not manage the tenant, or was erased.
        LoginNotFound: there is no such login, or it was erased before.
        OwnErasure, OwnerRequired: the named rule forbids it.
        Stale: the login is at another version.
    """
    actor.require("tenant:manage")
    await _still_there(actor, ports)
    stream_id = StreamId(command.user_id)

    def settled(state: Login) -> list[Claim]:
        made = claims.of_erasure(actor, stream_id)
        if state.email == ERASED:
            return made  # its key is lost: nobody can tell which address it was
        email = claims.of_email(actor.tenant_id, stream_id, state.email, ports)
        return [msgspec.structs.replace(email, taken=False), *made]

    try:
        return await deciding.change(
            stream_id,
            login.evolve,
            lambda state: login.erase(
                state, user_id=command.user_id, by=actor.user_id, by_role=actor.role
            ),
            actor,
            ports,
            absent=login.LoginNotFound,
            expected=expected,
            claims=settled,
        )
    except Claimed as gone:
        raise Forbidden from gone


async def erase_login_again(command: EraseLogin, actor: Actor, ports: Ports) -> Recorded:
    """Record once more that a person was erased, in a log that was restored from before that.

    Raises:
        Forbidden: the actor is no administrator of the platform.
        LoginNotFound: there is no such login.
    """
    actor.require("platform:operate")
    stream_id = StreamId(command.user_id)
    return await deciding.change(
        stream_id,
        login.evolve,
        lambda state: [] if state.erased else [LoginErased()],
        actor,
        ports,
        absent=login.LoginNotFound,
        claims=lambda _: claims.of_erasure(actor, stream_id),
    )


async def _still_there(actor: Actor, ports: Ports) -> None:
    """Refuse an actor who was erased and still has an access token."""
    if actor.user_id is not None and await _is_erased(actor.tenant_id, actor.user_id, ports):
        raise Forbidden


async def _is_erased(tenant_id: TenantId, user_id: UUID, ports: Ports) -> bool:
    """As the log has it, which knows at once."""
    history = await ports.events.load(tenant_id, StreamId(user_id))
    return any(isinstance(recorded.event, LoginErased) for recorded in history)


async def _find(command: LogIn, ports: Ports) -> LoginRecord | None:
    """The login asked for; what can't be an address or a slug is not looked up."""
    try:
        email = login.normalise_email(command.email)
    except login.EmailInvalid:
        return None
    if command.tenant is not None and not tenant.is_slug(command.tenant):
        return None
    return await ports.logins.find(email, command.tenant)
