"""`muniment audit export`: the log of a tenant for an auditor, from the machine itself."""

import asyncio
import sys
from contextlib import AsyncExitStack, closing
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import msgspec
import rich_click as click

from application.actor import Actor, Cause
from application.audit import handlers
from application.audit.commands import EndExport, StartExport
from domain.audit.events import Outcome
from domain.ids import CommandId, Position, TenantId
from infrastructure.audit import formats
from infrastructure.audit.export import Asked, Export
from infrastructure.event_log import snapshot, tenants
from infrastructure.settings import Settings
from interfaces import bootstrap
from interfaces.cli import events_tenant, open_database, written_file
from interfaces.cli.progress import Shown
from interfaces.parts import Auditing

ACTOR = "platform:cli"


def run(
    settings: Settings, tenant: str, asked: StartExport, out: Path | None, *, as_json: bool
) -> None:
    """Write an export to a file that appears when it is complete, or to standard output.

    Raises:
        FormatUnavailable: the format takes a package that is not installed.
        RuleBroken: the log has no such range.
    """
    if out is None and sys.stdout.isatty():
        raise click.UsageError("an export is no text for a terminal: name a file with --output")
    if out is None and as_json:
        raise click.UsageError("--json tells of a file: name it with --output")
    formats.check(asked.format)
    with open_database.reached(settings) as addresses:
        with closing(snapshot.connect(addresses.app)) as connection:
            found = events_tenant.named(tenants.every(connection), tenant)
        told = asyncio.run(
            _run(bootstrap.auditing(settings, addresses.app), found.tenant_id, asked, out)
        )
    line = f"{told['events']:,} events of {found.tenant_id} to position {told['position']}"
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        click.echo(line + (f" in {out}" if out else ""), err=out is None)


async def _run(
    auditing: Auditing, tenant_id: UUID, command: StartExport, out: Path | None
) -> dict[str, Any]:
    """One export with its records, before and behind."""
    actor = Actor(
        tenant_id=TenantId(tenant_id),
        name=ACTOR,
        role="platform",
        cause=Cause(command_id=CommandId(uuid4()), correlation_id=uuid4()),
    )
    async with AsyncExitStack() as stack:
        await bootstrap.open_auditing(auditing, stack)
        with written_file.written(out, option="--output") as file:
            head = await auditing.desk.questions.head(tenant_id)
            started = await handlers.start_export(
                command, actor, auditing.ports, head=Position(head)
            )
            asked = Asked(
                tenant_id=tenant_id,
                format=command.format,
                after=command.after,
                until=command.until,
                upto=started.position,
                personal=command.personal,
                by=actor.name,
            )
            export = auditing.desk.export(asked)
            digest = await _given_out(export, file, auditing, actor, started.id)
    return {
        "file": None if out is None else str(out),
        "format": command.format,
        "tenant_id": tenant_id,
        "after": command.after,
        "position": export.last.position,
        "events": export.events,
        "digest": export.last.digest.hex(),
        "sha256": digest,
    }


async def _given_out(
    export: Export, file: BinaryIO, auditing: Auditing, actor: Actor, export_id: UUID
) -> str:
    """Write everything and record how it ended; the sha256 of the whole file."""
    outcome: Outcome = "failed"
    try:
        digest = _write(export, file)
        outcome = "finished"
    except KeyboardInterrupt:
        outcome = "cut"
        raise
    finally:
        end = EndExport(
            export_id=export_id,
            outcome=outcome,
            position=export.last.position,
            events=export.events,
        )
        await handlers.end_export(end, actor, auditing.ports)
    return digest


def _write(export: Export, file: BinaryIO) -> str:
    """Everything; the sha256 of the whole file."""
    whole = sha256()
    with Shown("exporting", "events", export.expected) as shown:
        while (chunk := export.next_chunk()) is not None:
            whole.update(chunk)
            file.write(chunk)
            shown.advance(export.events - shown.done)
    return whole.hexdigest()
