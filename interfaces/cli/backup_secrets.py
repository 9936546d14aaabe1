"""Which secrets a restore needs, and whether these settings have them. A backup holds none."""

from infrastructure.backup.keys import BackupKey
from infrastructure.backup.manifest import Manifest
from infrastructure.settings import Settings, variable
from infrastructure.settings_error import SettingsError

NEEDED = ("password_pepper", "lookup_key", "vault_key")


def fingerprints(settings: Settings, key: BackupKey) -> dict[str, str]:
    """By variable, of those that a restore needs."""
    return {
        variable(name): key.fingerprint(variable(name), getattr(settings, name).reveal())
        for name in NEEDED
    }


def check(settings: Settings, key: BackupKey, manifest: Manifest) -> None:
    """Refuse what could not work.

    Raises:
        SettingsError: a secret is another one than that of the backup.
    """
    for name in NEEDED:
        own = [getattr(settings, name)]
        if name == "vault_key":
            own += settings.vault_keys_before
        found = {key.fingerprint(variable(name), each.reveal()) for each in own}
        if manifest.secrets.get(variable(name)) not in found:
            raise SettingsError(variable(name), "must be the one that the backup was made with")
