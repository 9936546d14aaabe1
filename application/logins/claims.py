"""What logins claim: their address, and that whoever erases is not being erased."""

from uuid import UUID

from application.actor import Actor
from application.ports import Ports
from application.recorded import Claim
from domain.ids import StreamId, TenantId


def of_email(tenant_id: TenantId, stream_id: StreamId, email: str, ports: Ports) -> Claim:
    """A normalised address, within its tenant."""
    key = ports.lookup_keys.email_in(tenant_id, email)
    return Claim(scope="login.email", key=key, stream_id=stream_id)


def of_erasure(actor: Actor, erased: StreamId) -> list[Claim]:
    """What keeps two people from erasing each other at the same moment.

    The claim on a user's id is held by the tenant's stream once they erase somebody, and for ever
    by their own once they are erased; then no append that they make can take it back.
    """
    tenant = StreamId(actor.tenant_id)
    made = [_hold(erased, tenant, taken=False), _hold(erased, erased, taken=True)]
    if actor.user_id is not None:
        by = actor.user_id
        made += [_hold(by, tenant, taken=False), _hold(by, tenant, taken=True)]
    return made


def _hold(user_id: UUID, holder: StreamId, *, taken: bool) -> Claim:
    return Claim(scope="login.erasure", key=user_id.bytes, stream_id=holder, taken=taken)
