"""`muniment vault rewrap`, `export` and `import`."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import rich_click as click

from infrastructure import private_file
from infrastructure.event_log import tenants
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError
from infrastructure.vault import custody
from infrastructure.vault.custody import Custody
from interfaces import bootstrap
from interfaces.cli import events_tenant, open_database


def rewrap(settings: Settings, *, as_json: bool) -> None:
    """Every tenant's.

    Raises:
        MasterKeyUnknown, WrappedKeyDamaged: one can't be unwrapped; those before it are done.
    """
    with _connected(settings) as (connection, keeper):
        count = sum(keeper.rewrap(each.tenant_id) for each in tenants.every(connection))
    _tell({"keys": count}, f"{count:,} keys wrapped anew", as_json=as_json)


def export(settings: Settings, tenant: str, *, out: Path, as_json: bool) -> None:
    """One tenant's, to a file that its owner alone may read."""
    if out.exists():
        raise click.BadParameter(f"{out} is there already", param_hint="--out")
    with _connected(settings) as (connection, keeper):
        found = events_tenant.named(tenants.every(connection), tenant)
        given = keeper.give(found.tenant_id)
    private_file.replace(out, msgspec.json.encode(given).decode())
    told = {"file": str(out), "tenant_id": given.tenant_id, "keys": len(given.keys)}
    _tell(told, f"{len(given.keys):,} keys of {given.tenant_id} in {out}", as_json=as_json)


def import_(settings: Settings, file: Path, *, as_json: bool) -> None:
    """All of a file's, or none.

    Raises:
        KeysNotTaken: it is no such file, or somebody has another key here.
        MasterKeyUnknown, WrappedKeyDamaged: one can't be unwrapped.
    """
    given = custody.read(file)
    with _connected(settings) as (_, keeper):
        count = keeper.take(given)
    told = {"file": str(file), "tenant_id": given.tenant_id, "keys": count}
    _tell(told, f"{count:,} keys of {given.tenant_id} taken in", as_json=as_json)


@contextmanager
def _connected(settings: Settings) -> Iterator[tuple[psycopg.Connection[Any], Custody]]:
    with open_database.reached(settings) as addresses:
        if addresses.admin is None:
            raise SettingsError(
                variable("admin_database_url"), "must be set: the application may not"
            )
        with closing(psycopg.connect(addresses.admin, autocommit=True)) as connection:
            yield connection, Custody(connection, bootstrap.vault(settings).master_keys)


def _tell(told: dict[str, Any], line: str, *, as_json: bool) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(told)) if as_json else line)
