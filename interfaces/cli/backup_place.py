"""Where the backups of a command are."""

from pathlib import Path

from infrastructure.backup.collection import Collection
from infrastructure.backup.keys import BackupKey
from infrastructure.backup.place import Place
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError


def opened(settings: Settings, given: str | None) -> Collection:
    """The sets at a folder or URL, or at the one of the settings.

    Raises:
        SettingsError: there is none, or no key.
    """
    if settings.backup_key is None:
        raise SettingsError(
            variable("backup_key"), "must be set for backups: at least 32 characters"
        )
    url = given or settings.backup_url
    if url is None:
        raise SettingsError(variable("backup_url"), "must be set, or the place be named")
    if "://" not in url:
        url = Path(url).expanduser().absolute().as_uri()
    try:
        place = Place(url)
    except Exception as error:  # each kind of store has errors of its own
        raise SettingsError(
            variable("backup_url"), f"can't be used: {_first_line(error)}"
        ) from error
    return Collection(place, BackupKey(settings.backup_key.reveal()))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
