"""Commands about tenants."""

from application import deciding
from application.actor import Actor
from application.logins import claims as logins_claims
from application.ports import Ports
from application.recorded import Claim, Claimed, NewEvents, Recorded
from application.tenants.commands import RegisterTenant
from domain.event import Conflict
from domain.ids import StreamId, UserId, Version
from domain.logins import login
from domain.tenants import tenant


class TenantSlugTaken(Conflict):
    """This slug belongs to another tenant."""


async def register_tenant(
    command: RegisterTenant, actor: Actor, ports: Ports, *, user_id: UserId
) -> Recorded:
    """Register the tenant `actor.tenant_id` with its owner's login `user_id`.

    Anybody may: the actor is the tenant that comes to be.

    Raises:
        TenantNameInvalid, TenantSlugInvalid, EmailInvalid, PasswordTooWeak, DisplayNameInvalid:
            the named rule is broken.
        TenantSlugTaken: the slug is another tenant's.
    """
    registered = tenant.register(name=command.name, slug=command.slug)
    login.check_password(command.owner.password)
    email = login.normalise_email(command.owner.email)
    opened = login.register(
        email=email,
        password_hash=await ports.hasher.hash(command.owner.password),
        display_name=command.owner.display_name,
        role="owner",
    )
    tenant_stream, login_stream = StreamId(actor.tenant_id), StreamId(user_id)
    try:
        return await deciding.create(
            tenant_stream,
            registered,
            actor,
            ports,
            more=[NewEvents(stream_id=login_stream, expected=Version(0), events=opened)],
            claims=[
                Claim(scope="tenant.slug", key=command.slug.encode(), stream_id=tenant_stream),
                logins_claims.of_email(actor.tenant_id, login_stream, email, ports),
            ],
        )
    except Claimed as taken:
        raise TenantSlugTaken from taken
