"""`muniment events export` and `muniment events import`: a log leaves, and comes back."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import rich_click as click

from infrastructure.event_log import snapshot, tenants
from infrastructure.event_log.exporter import Exporter
from infrastructure.event_log.importer import Importer
from infrastructure.event_log.seals import KeyRing, SealKey
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError
from interfaces.cli import events_keys, events_tenant, open_database, written_file
from interfaces.cli.progress import Shown


def export(settings: Settings, tenant: str, *, after: int, out: Path | None, as_json: bool) -> None:
    """Write a log to a file that appears when it is complete, or to standard output.

    Raises:
        NotExported: the log does not reach so far, or is not intact.
    """
    if out is None and sys.stdout.isatty():
        raise click.UsageError("an export is no text for a terminal: name a file with --out")
    if out is None and as_json:
        raise click.UsageError("--json tells of a file: name it with --out")
    with (
        open_database.reached(settings) as addresses,
        closing(snapshot.connect(addresses.app)) as connection,
        written_file.written(out, option="--out") as file,
    ):
        found = events_tenant.named(tenants.every(connection), tenant)
        total = max(0, (found.position or 0) - after)
        exporter = Exporter(connection, SealKey(settings.seal_key.reveal()))
        with Shown("exporting", "events", total) as shown:
            manifest = exporter.export(found.tenant_id, file, after=after, advance=shown.advance)
    told = {
        "file": None if out is None else str(out),
        "tenant_id": found.tenant_id,
        "after": after,
        "position": manifest.position,
        "events": manifest.events,
        "claims": manifest.claims,
        "digest": manifest.digest.hex(),
        "key_id": manifest.key_id,
    }
    _tell(
        told,
        f"{manifest.events:,} events of {found.tenant_id} to position {manifest.position}"
        + (f" in {out}" if out else ""),
        as_json=as_json,
        to_stderr=out is None,
    )


def import_(
    settings: Settings, file: Path, keys: Path | None, *, sure: bool, as_json: bool
) -> None:
    """Prove a file, ask, and write what the log here lacks of it.

    Raises:
        Unfit: the file is damaged, or not signed with a trusted key.
        NotImported: it does not fit the log that is here.
    """
    if as_json and not sure:
        raise click.UsageError("--json asks nothing: give --yes with it")
    own = SealKey(settings.seal_key.reveal()).public
    given = events_keys.key_ring(keys)
    trusted = KeyRing([own, *(given.public_keys if given else ())])
    with (
        open_database.reached(settings) as addresses,
        closing(psycopg.connect(_admin(addresses), autocommit=True)) as connection,
    ):
        importer = Importer(connection, trusted)
        with Shown("verifying", "events", 0) as shown:
            plan = importer.examine(file, shown.advance)
        if plan.events:
            if not sure:
                click.confirm(
                    f"Import {plan.events:,} events of tenant {plan.tenant_id}, "
                    f"{plan.head.position + 1} to {plan.manifest.position}?",
                    abort=True,
                )
            with Shown("importing", "events", plan.events) as shown:
                importer.write(plan, shown.advance)
    told = {
        "file": str(file),
        "tenant_id": plan.tenant_id,
        "events": plan.events,
        "position": max(plan.head.position, plan.manifest.position),
    }
    line = f"{plan.events:,} events imported, position {told['position']}"
    _tell(told, line if plan.events else "the log holds all of it already", as_json=as_json)


def _admin(addresses: open_database.Addresses) -> str:
    if addresses.admin is None:
        raise SettingsError(
            variable("admin_database_url"), "must be set to import: the application may not"
        )
    return addresses.admin


def _tell(told: dict[str, Any], line: str, *, as_json: bool, to_stderr: bool = False) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        click.echo(line, err=to_stderr)
