"""The seal keys that a person trusts."""

from pathlib import Path

import rich_click as click

from infrastructure.event_log import seals
from infrastructure.event_log.seals import KeyRing


def key_ring(path: Path | None) -> KeyRing | None:
    """The keys of a file with a JSON Web Key Set, such as an installation publishes."""
    if path is None:
        return None
    try:
        return seals.read_key_set(path.read_bytes())
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--keys") from error
