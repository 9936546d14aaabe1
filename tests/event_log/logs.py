"""Builders for tests of the log, with fixed values where values don't matter."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID, uuid4

from application.recorded import Append, Claim, NewEvents
from domain.documents.events import KnowledgeBaseCreated
from domain.event import Event
from domain.ids import CommandId, StreamId, TenantId, Version
from infrastructure.database import Database
from infrastructure.event_log.store import PostgresEventStore
from tests.vaults import VAULT

Result = TypeVar("Result")


def event(name: str = "Contracts") -> Event:
    return KnowledgeBaseCreated(name=name)


def tenant() -> TenantId:
    return TenantId(uuid4())


def stream() -> StreamId:
    return StreamId(uuid4())


def command(
    stream_id: StreamId | None = None,
    expected: int = 0,
    *,
    events: Sequence[Event] = (),
    command_id: UUID | None = None,
    claims: Sequence[Claim] = (),
    fingerprint: bytes | None = None,
) -> Append:
    return Append(
        command_id=CommandId(command_id or uuid4()),
        streams=[
            NewEvents(
                stream_id=stream_id or stream(),
                expected=Version(expected),
                events=events or [event()],
            )
        ],
        actor="user:test",
        correlation_id=uuid4(),
        claims=claims,
        fingerprint=fingerprint,
    )


def with_store(
    app_url: str, body: Callable[[PostgresEventStore], Awaitable[Result]], *, pool: int = 10
) -> Result:
    """Run `body` with an event store of its own."""

    async def run() -> Result:
        database = Database(app_url, size_max=pool)
        await database.open()
        try:
            return await body(PostgresEventStore(database, VAULT))
        finally:
            await database.close()

    return asyncio.run(run())
