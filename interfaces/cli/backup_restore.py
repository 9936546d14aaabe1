"""`muniment backup restore`: an installation from a backup, where there is none."""

import sys
from typing import NamedTuple
from uuid import UUID

import msgspec
import rich_click as click

from infrastructure.backup.cut import Until
from infrastructure.secret import Secret
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError
from interfaces.cli import backup_place, backup_plan, open_database
from interfaces.cli.backup_restoring import Restore, Restored


class Asked(NamedTuple):
    """What the command line says."""

    place: str | None = None
    set_id: str | None = None
    until: Until = None
    tenant: UUID | None = None
    processes: int | None = None


def restore(settings: Settings, asked: Asked, *, sure: bool, as_json: bool) -> None:
    """Ask, restore, and tell; 1 if read models differ from what they were.

    Raises:
        BackupDamaged, NoSuchSet, NotRestored, Unfit: it can't be restored.
    """
    collection = backup_place.opened(settings, asked.place)
    plan = backup_plan.plan(
        collection,
        asked.set_id,
        until=asked.until,
        tenant_id=asked.tenant,
        processes=asked.processes,
    )
    if not sure:
        how_far = f" up to {plan.label}" if plan.label else ""
        click.confirm(f"Restore the set {plan.last.set_id}{how_far} here?", abort=True)
    with open_database.made(settings) as addresses:
        if addresses.admin is None:
            raise SettingsError(variable("admin_database_url"), "must be set to restore")
        here = msgspec.structs.replace(settings, database_url=Secret(addresses.app))
        done = Restore(here, addresses.admin, collection, plan).run()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(done)))
    else:
        click.echo("\n".join(lines(done)))
    if done.differing:
        sys.exit(1)


def lines(done: Restored) -> list[str]:
    """What came of it, for a person."""
    told = [
        f"{done.set_id}: {done.events:,} events of {done.logs:,} logs, {done.blobs:,} blobs; "
        "every log verified",
        f"{done.compared:,} read models compared with what they were, "
        f"{len(done.differing):,} differ, {done.not_compared:,} not comparable",
    ]
    if done.erased_again:
        told.append(f"{done.erased_again:,} persons erased again")
    told += [
        f"{each.projection} of {each.tenant_id} at {each.position} differs"
        for each in done.differing[:20]
    ]
    told.append(f"{sum(done.seconds.values()):,.1f} s; no session from before is good")
    return told
