"""`muniment events tail` and `muniment events show`: a log for people, and for `jq`."""

import contextlib
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from uuid import UUID

import msgspec
import rich_click as click

from infrastructure.event_log import snapshot, tenants
from infrastructure.event_log.reading import LogReader, NotInTheLog, ReadableEvent
from infrastructure.settings import Settings
from interfaces.cli import events_tenant, open_database

POLL_SECONDS = 0.5
POSITION_DIGITS_MAX = 18


def tail(settings: Settings, tenant: str, *, lines: int, follow: bool, as_json: bool) -> None:
    """The last events of a log, and with `follow` those to come, until interrupted."""
    if follow:
        # What a shell starts in the background ignores an interrupt, unless it says otherwise.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with _reader(settings, tenant) as log, contextlib.suppress(KeyboardInterrupt):
        position = max(0, log.head() - lines)
        while True:
            for event in log.after(position):
                click.echo(_json(event) if as_json else _line(event))
                position = event.position
            if not follow:
                return
            time.sleep(POLL_SECONDS)


def show(settings: Settings, tenant: str, what: str, *, as_json: bool) -> None:
    """One event by its position, or all events of a stream.

    Raises:
        NotInTheLog: there is none.
    """
    with _reader(settings, tenant) as log:
        if what.isdecimal() and len(what) <= POSITION_DIGITS_MAX:
            found = log.at(int(what))
        else:
            found = log.stream(_stream_id(what))
    if not found:
        raise NotInTheLog(f"there is no event of {what} in the log")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    else:
        click.echo("\n\n".join("\n".join(_paragraph(event)) for event in found))


@contextmanager
def _reader(settings: Settings, tenant: str) -> Iterator[LogReader]:
    with (
        open_database.reached(settings) as addresses,
        closing(snapshot.connect(addresses.app)) as connection,
    ):
        found = events_tenant.named(tenants.every(connection), tenant)
        yield LogReader(connection, found.tenant_id)


def _stream_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        told = f"{text!r} is neither a position nor the id of a stream"
        raise click.BadParameter(told, param_hint="WHAT") from error


def _json(event: ReadableEvent) -> str:
    return msgspec.json.encode(event).decode()


def _line(event: ReadableEvent) -> str:
    when = event.recorded_at.isoformat(timespec="milliseconds")
    stream = f"{event.stream_id}/{event.version}"
    return f"{event.position:>8}  {when}  {event.type}  {stream}  {event.actor}"


def _paragraph(event: ReadableEvent) -> Iterable[str]:
    yield f"position {event.position}: {event.type} (schema {event.schema})"
    yield f"  stream       {event.stream_id}, version {event.version}"
    yield f"  recorded at  {event.recorded_at.isoformat()}"
    yield f"  actor        {event.actor}"
    yield f"  event        {event.event_id}"
    yield f"  command      {event.command_id}"
    yield f"  correlation  {event.correlation_id}"
    yield f"  causation    {event.causation_id or '-'}"
    yield f"  metadata     {msgspec.json.encode(event.metadata).decode()}"
    yield from msgspec.json.format(msgspec.json.encode(event.data)).decode().splitlines()
