"""Long logs, made at once: what a million appends would leave behind, in seconds."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg

from infrastructure.event_log import canonical, moments
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.seals import SealKey

KEY = SealKey("the secret text that seals the logs of benchmarks")
SEALED_EVERY = 1000
STREAM_EVENTS = 7
"""As many as a document has when it is through the pipeline."""
DATA = (
    b'{"stage":"INGESTION","media_type":"text/plain","language":"en","characters":48213,'
    b'"text_sha256":"%064x"}'
)
METADATA = b'{"request_id":"0199a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"}'
EVENT_TYPES = (
    *("uuid", "int8", "uuid", "int8", "text", "int2", "bytea", "bytea", "uuid", "uuid", "uuid"),
    *("uuid", "text", "timestamptz", "bytea"),
)
COMMAND_TYPES = ("uuid", "uuid", "bytea", "uuid", "int8", "int8", "int8", "timestamptz")


class Fact(NamedTuple):
    """What an event of a long log tells."""

    stream: bytes
    version: int
    type: str
    schema: int
    data: bytes


def fill(admin_url: str, tenant: UUID, events: int) -> None:
    """A tenant's log, written by a superuser the way the append would."""
    write(admin_url, [(tenant, _facts(events))])


def write(admin_url: str, logs: Iterable[tuple[UUID, Iterable[Fact]]]) -> None:
    """Each tenant's facts as its log, chained and sealed."""
    with psycopg.connect(admin_url) as connection:
        for tenant, facts in logs:
            _write(connection, tenant, facts)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE log.events, log.commands")


def _write(connection: psycopg.Connection[Any], tenant: UUID, facts: Iterable[Fact]) -> None:
    links = [canonical.first_link(tenant.bytes)]
    rows = list(_rows(tenant, facts, links))
    with connection.cursor().copy("COPY log.events FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(EVENT_TYPES)
        for row in rows:
            copy.write_row(_event(tenant, row))
    with connection.cursor().copy("COPY log.commands FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(COMMAND_TYPES)
        for row in rows:
            copy.write_row(_command(tenant, row))
    connection.execute("INSERT INTO log.heads VALUES (%s, %s, %s, now())", [tenant, *links[-1]])
    _seal(connection, tenant, links)


def _facts(events: int) -> Iterator[Fact]:
    stream = uuid4().bytes
    for position in range(1, events + 1):
        version = (position - 1) % STREAM_EVENTS + 1
        if version == 1:
            stream = uuid4().bytes
        yield Fact(stream, version, "document.stage_completed", 1, DATA % position)


def _rows(tenant: UUID, facts: Iterable[Fact], links: list[Link]) -> Iterator[Row]:
    began = moments.microseconds(moments.EPOCH) + 800_000_000_000_000
    digest, position = links[0].digest, 0
    for position, fact in enumerate(facts, start=1):
        ids = (uuid4().bytes, uuid4().bytes, uuid4().bytes)
        row: Row = (
            *(position, fact.stream, fact.version, fact.type.encode(), fact.schema, *ids, None),
            *(b"worker", began + position, METADATA, fact.data, b""),
        )
        digest = canonical.digest(tenant.bytes, digest, row)
        if position % SEALED_EVERY == 0:
            links.append(Link(position, digest))
        yield (*row[:-1], digest)
    if links[-1].position != position:
        links.append(Link(position, digest))


def _event(tenant: UUID, row: Row) -> tuple[object, ...]:
    ids = [None if each is None else UUID(bytes=each) for each in (row[1], *row[5:9])]
    return (
        *(tenant, row[0], ids[0], row[2], row[3].decode(), row[4], row[12], row[11]),
        *(*ids[1:], row[9].decode(), moments.moment(row[10]), row[13]),
    )


def _command(tenant: UUID, row: Row) -> tuple[object, ...]:
    stream, command = UUID(bytes=row[1]), UUID(bytes=row[6])
    return (tenant, command, None, stream, row[2], row[0], row[0], moments.moment(row[10]))


def _seal(connection: psycopg.Connection[object], tenant: UUID, links: list[Link]) -> None:
    connection.execute("SELECT log.publish_seal_key(%s)", [KEY.public])
    at = int(time.time())
    for link in links[1:]:
        seal = KEY.seal(tenant.bytes, link, moments.microseconds(moments.moment(at)))
        connection.execute(
            "INSERT INTO log.seals VALUES (%s, %s, %s, %s, %s, %s)",
            [
                *(tenant, seal.position, seal.digest, moments.moment(seal.sealed_at)),
                *(seal.key_id, seal.signature),
            ],
        )
