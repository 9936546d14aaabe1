"""Two who erase each other at the same moment never both succeed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from application.actor import Actor, Cause, Forbidden
from application.logins import handlers
from application.logins.commands import EraseLogin
from application.ports import Ports
from application.recorded import Append, Recorded, RecordedEvent
from domain.ids import CommandId, StreamId, TenantId
from domain.logins.events import LoginErased
from infrastructure.blobs import BlobStore
from infrastructure.clock import SystemClock, TimeOrderedIds
from infrastructure.database import Database
from infrastructure.documents.media_types import ContentMediaTypes
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.identity.lookup_keys import HmacLookupKeys
from infrastructure.identity.passwords import BcryptHasher
from projections.logins.login_directory import LoginLookup
from tests import servers
from tests.event_log import filled, logs
from tests.vault import people
from tests.vaults import VAULT


class Meeting:
    """The event store, but nobody appends before all have decided."""

    def __init__(self, store: PostgresEventStore, parties: int) -> None:
        self._store = store
        self._left = parties
        self._met = asyncio.Event()

    async def load(self, tenant_id: TenantId, stream_id: StreamId) -> Sequence[RecordedEvent]:
        """As the store."""
        return await self._store.load(tenant_id, stream_id)

    async def append(self, tenant_id: TenantId, command: Append) -> Recorded:
        """As the store, once everybody is here."""
        self._left -= 1
        if self._left <= 0:
            self._met.set()
        await self._met.wait()
        return await self._store.append(tenant_id, command)


def ports(connections: Database, events: Meeting, folder: Path) -> Ports:
    keys = HmacLookupKeys("a text that hides addresses in tests")
    return Ports(
        events=events,
        blobs=BlobStore(folder.as_uri()),
        hasher=BcryptHasher("pepper", cost=4),
        logins=LoginLookup(connections, keys),
        lookup_keys=keys,
        clock=SystemClock(),
        ids=TimeOrderedIds(),
        media_types=ContentMediaTypes(),
    )


def actor(tenant_id: TenantId, user_id: UUID) -> Actor:
    cause = Cause(command_id=CommandId(uuid4()), correlation_id=uuid4())
    return Actor(
        tenant_id=tenant_id, name=f"user:{user_id}", role="owner", user_id=user_id, cause=cause
    )


@pytest.mark.parametrize("count", [2, 3, 5])
def test_in_a_ring_of_owners_who_erase_each_other_somebody_stays(
    database: servers.Database, tmp_path: Path, count: int
) -> None:
    first = people.registered(database)
    ring = [first, *(people.registered(database, first.tenant_id) for _ in range(count - 1))]
    tenant = first.tenant_id

    async def run() -> list[Recorded | BaseException]:
        connections = Database(database.app_url)
        await connections.open()
        try:
            events = Meeting(PostgresEventStore(connections, VAULT), count)
            given = ports(connections, events, tmp_path)
            erasing = [
                handlers.erase_login(
                    EraseLogin(user_id=ring[(at + 1) % count].user_id),
                    actor(tenant, each.user_id),
                    given,
                )
                for at, each in enumerate(ring)
            ]
            return await asyncio.gather(*erasing, return_exceptions=True)
        finally:
            await connections.close()

    # The tenant's stream holds claims of those who erase.
    people.append(database, tenant, tenant, 0, [logs.event()])
    outcomes = asyncio.run(run())
    erased = [
        each
        for each in ring
        if any(
            isinstance(recorded.event, LoginErased)
            for recorded in people.history(database, each, each.user_id)
        )
    ]
    done = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
    assert 1 <= len(erased) == len(done) < count
    refusals = [outcome for outcome in outcomes if not isinstance(outcome, Recorded)]
    assert {type(refusal) for refusal in refusals} == {Forbidden}
    assert filled.verified(database, tenant).findings == []
