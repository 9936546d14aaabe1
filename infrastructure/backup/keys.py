"""The key of backups: derived from one secret, different for each file."""

import hmac
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_FILES = b"muniment backup file 1"
_NAMES = b"muniment backup blob name 1"
_SECRETS = b"muniment backup secret 1"


class BackupKey:
    """What files of a backup are encrypted with, and what their names are made with."""

    def __init__(self, secret: str) -> None:
        """`secret` is a text that nobody can guess."""
        self._secret = secret.encode()
        self._names = self._derived(b"", _NAMES)
        self._fingerprints = self._derived(b"", _SECRETS)

    def of_file(self, salt: bytes) -> bytes:
        """The key of the one file that begins with this salt."""
        return self._derived(salt, _FILES)

    def blob_name(self, tenant_id: UUID, digest: str) -> str:
        """The same for the same blob; tells nothing of it to whoever has not the key."""
        return hmac.digest(self._names, tenant_id.bytes + digest.encode(), sha256).hex()

    def fingerprint(self, name: str, secret: str) -> str:
        """By which a secret is known again, and by nobody found."""
        return hmac.digest(self._fingerprints, f"{name}\n{secret}".encode(), sha256).hex()

    def _derived(self, salt: bytes, info: bytes) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=salt, info=info).derive(self._secret)
