"""What is kept of a command: its events, and a record too where its caller chose its id."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import uuid4

import msgspec
import psycopg
import pytest

from application.recorded import Append, Claim, NewEvents, Recorded, VersionConflict
from domain.ids import StreamId, TenantId, Version
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import held, logs
from tests.event_log.model import HeldCommand
from tests.servers import Database

CHOSEN = b"c" * 32
Made = Callable[[bytes | None], Sequence[Append]]


def kept(database: Database, tenant: TenantId) -> list[HeldCommand]:
    with psycopg.connect(database.admin_url) as connection:
        return list(held.commands(connection, tenant).values())


def of_one_event(fingerprint: bytes | None) -> list[Append]:
    return [logs.command(fingerprint=fingerprint)]


def of_a_batch(fingerprint: bytes | None) -> list[Append]:
    return [logs.command(fingerprint=fingerprint) for _ in range(16)]


def of_two_streams(fingerprint: bytes | None) -> list[Append]:
    parts = [
        NewEvents(stream_id=logs.stream(), expected=Version(0), events=[logs.event()] * events)
        for events in (2, 3)
    ]
    return [msgspec.structs.replace(logs.command(fingerprint=fingerprint), streams=parts)]


def with_a_claim(fingerprint: bytes | None) -> list[Append]:
    claim = Claim(scope="test.kept", key=uuid4().bytes, stream_id=logs.stream())
    return [logs.command(claim.stream_id, claims=[claim], fingerprint=fingerprint)]


@pytest.mark.parametrize("made", [of_one_event, of_a_batch, of_two_streams, with_a_claim])
@pytest.mark.parametrize("fingerprint", [None, CHOSEN], ids=["its own id", "a chosen id"])
def test_a_command_sent_again_is_told_what_it_recorded(
    database: Database, made: Made, fingerprint: bytes | None
) -> None:
    tenant = logs.tenant()
    commands = made(fingerprint)

    async def body(store: PostgresEventStore) -> None:
        first = await asyncio.gather(*(store.append(tenant, each) for each in commands))
        for each in first:  # what comes behind changes nothing
            further = logs.command(StreamId(each.id), each.version)
            assert isinstance(await store.append(tenant, further), Recorded)
        again = await asyncio.gather(*(store.append(tenant, each) for each in commands))
        assert again == first

    logs.with_store(database.app_url, body)
    remembered = [each for each in kept(database, tenant) if each.fingerprint == CHOSEN]
    assert len(remembered) == (len(commands) if fingerprint else 0)
    assert kept(database, tenant) == remembered


def test_an_id_that_nobody_chose_does_not_make_another_command_a_copy(database: Database) -> None:
    tenant, stream = logs.tenant(), logs.stream()
    first, other = logs.command(stream), logs.command(stream)

    async def body(store: PostgresEventStore) -> None:
        await store.append(tenant, first)
        with pytest.raises(VersionConflict):
            await store.append(tenant, other)
        elsewhere = logs.command(command_id=first.command_id)
        recorded = await store.append(tenant, elsewhere)
        assert recorded.position == 2

    logs.with_store(database.app_url, body)
