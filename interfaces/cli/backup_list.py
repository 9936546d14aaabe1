"""`muniment backup list`."""

import msgspec
import rich_click as click

from infrastructure.backup.manifest import Manifest
from infrastructure.settings import Settings
from interfaces.cli import backup_place
from interfaces.cli.backup_create import summary


def run(settings: Settings, place: str | None, *, as_json: bool) -> None:
    """Every set that is complete, its manifest proven."""
    manifests = [each.manifest for each in backup_place.opened(settings, place).sets()]
    if as_json:
        told = [
            {**summary(each), "settings": each.settings, "secrets_needed": sorted(each.secrets)}
            for each in manifests
        ]
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
        return
    for each in manifests:
        click.echo(_line(each))
    if not manifests:
        click.echo("there is no backup here")


def _line(manifest: Manifest) -> str:
    kind = "full" if manifest.parent is None else f"after {manifest.parent.set_id}"
    return (
        f"{manifest.set_id}  {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC  {manifest.events:,} events, "
        f"{len(manifest.logs):,} logs, {manifest.size:,} bytes, {kind}"
    )
