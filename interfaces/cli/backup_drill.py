"""`muniment backup drill`: a restore into a cluster made for it, measured, and thrown away."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
import rich_click as click

from infrastructure import database_url
from infrastructure.backup.restoring import Restorer
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.secret import Secret
from infrastructure.settings import Settings
from interfaces import bootstrap, provision
from interfaces.cli import backup_place, backup_plan, backup_restore, drill_folder
from interfaces.cli.backup_restoring import Restore, Restored
from interfaces.cli.engines import DATABASE


class Limits(NamedTuple):
    """What a drill must not exceed."""

    rto_seconds: float
    rpo_seconds: float


class Drilled(msgspec.Struct, kw_only=True):
    """What a drill found."""

    passed: bool
    rto_seconds: float
    """From nothing to an installation that could serve."""
    rpo_seconds: float | None
    """The age of the newest marker that was restored: what came later would be lost."""
    marker_set_id: str | None
    restored: Restored
    failures: list[str]


def drill(
    settings: Settings,
    chosen: tuple[str | None, str | None, int | None],
    limits: Limits,
    *,
    as_json: bool,
) -> None:
    """Restore, verify, rebuild, compare, measure, tell; 1 if anything is not as it should be.

    Raises:
        BackupDamaged, NoSuchSet, NotRestored, Unfit: it could not be restored.
    """
    place, set_id, processes = chosen
    collection = backup_place.opened(settings, place)
    began = time.monotonic()
    with drill_folder.made() as root:
        plan = backup_plan.plan(collection, set_id, processes=processes)
        with _cluster(root) as (app_url, admin_url):
            inside = msgspec.structs.replace(
                settings,
                data_dir=root,
                database_url=Secret(app_url),
                admin_database_url=Secret(admin_url),
                blob_url=(root / "blobs").as_uri(),
            )
            restored = Restore(inside, admin_url, collection, plan).run()
            rto = time.monotonic() - began
            with closing(psycopg.connect(admin_url, autocommit=True)) as connection:
                keys = bootstrap.vault(settings).master_keys
                marker = Restorer(connection, collection, keys).marker()
    found = _judged(restored, rto, marker, limits)
    _tell(found, as_json=as_json)
    if not found.passed:
        sys.exit(1)


def _judged(
    restored: Restored, rto: float, marker: tuple[datetime, str] | None, limits: Limits
) -> Drilled:
    rpo = (datetime.now(UTC) - marker[0]).total_seconds() if marker else None
    failures = []
    if restored.differing:
        failures.append(f"{len(restored.differing):,} read models differ")
    if marker is None or marker[1] != restored.set_id:
        failures.append("the marker of the set is not in the restored log")
    if rto > limits.rto_seconds:
        failures.append(f"the restore took longer than {limits.rto_seconds:,.0f} s")
    if rpo is not None and rpo > limits.rpo_seconds:
        failures.append(f"the set is older than {limits.rpo_seconds:,.0f} s")
    return Drilled(
        passed=not failures,
        rto_seconds=round(rto, 3),
        rpo_seconds=None if rpo is None else round(rpo, 3),
        marker_set_id=marker[1] if marker else None,
        restored=restored,
        failures=failures,
    )


def _tell(found: Drilled, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    for line in backup_restore.lines(found.restored)[:-1]:
        click.echo(line)
    age = "unknown" if found.rpo_seconds is None else f"{found.rpo_seconds:,.0f} s"
    click.echo(f"RTO {found.rto_seconds:,.1f} s, RPO {age}")
    for failure in found.failures:
        click.echo(f"failed: {failure}")
    if found.passed:
        click.echo("passed")


@contextmanager
def _cluster(root: Path) -> Iterator[tuple[str, str]]:
    """A migrated database: its addresses as the application and as an administrator."""
    server = EmbeddedPostgres(root)
    try:
        server.start()
        password = secrets.token_urlsafe(32)
        provision.migrate_database(server.admin_url, DATABASE, app_password=password)
        admin_url = database_url.derive(server.admin_url, database=DATABASE)
        yield (
            database_url.derive(admin_url, user=provision.APP_ROLE, password=password),
            admin_url,
        )
    finally:
        drill_folder.undisturbed()
        server.stop()
