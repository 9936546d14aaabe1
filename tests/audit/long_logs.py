"""Long logs for tests, and how to reach them over HTTP."""

import time
from uuid import UUID, uuid4

import msgspec
import psycopg

from tests.api import Account
from tests.benchmarks import verify_logs
from tests.http import archives
from tests.stack import Stack


def owner_of(stack: Stack, tenant: UUID) -> Account:
    """Somebody who may read the log of a tenant that never registered."""
    made = archives.token(
        stack, user_id=uuid4(), tenant_id=tenant, session_id=uuid4(), role="owner"
    )
    return Account(
        tenant_id=str(tenant),
        user_id="",
        slug="",
        email="",
        password="",
        headers={"Authorization": f"Bearer {made}"},
    )


def filled(admin_url: str, events: int) -> UUID:
    """A tenant with so many events."""
    tenant = uuid4()
    verify_logs.fill(admin_url, tenant, events)
    return tenant


def recorded(admin_url: str, tenant: UUID | str, type_: str) -> list[dict[str, object]]:
    """The data of the events of a type, oldest first."""
    with psycopg.connect(admin_url) as connection:
        rows = connection.execute(
            "SELECT data FROM log.events WHERE tenant_id = %s AND type = %s ORDER BY position",
            [tenant, type_],
        ).fetchall()
    return [msgspec.json.decode(row[0]) for row in rows]


def ended(
    admin_url: str, tenant: UUID | str, count: int, *, seconds: float = 10.0
) -> list[dict[str, object]]:
    """How the exports of a tenant ended, once so many have."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = recorded(admin_url, tenant, "audit.export_ended")
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{count} exports have not ended within {seconds} s")
