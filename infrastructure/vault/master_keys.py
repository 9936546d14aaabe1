"""Master keys: what the keys of persons are wrapped with before they are kept."""

import hashlib
import os
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
_CONTEXT = b"muniment person key 1"


class MasterKeyUnknown(Exception):  # noqa: N818 - named for what is the matter
    """The key of a person is wrapped with a master key that is not among the settings."""


class WrappedKeyDamaged(Exception):  # noqa: N818 - named for what is the matter
    """The kept key of a person is not what was kept."""


class Wrapped(NamedTuple):
    """The key of a person as it is kept, and the id of the master key that it is wrapped with."""

    master_key_id: str
    octets: bytes


class MasterKeys:
    """The one in use, and earlier ones that may still have to unwrap."""

    def __init__(self, secret: str, before: Sequence[str] = ()) -> None:
        """`secret` is a text that nobody can guess; the key and its id are derived from it."""
        current = _derived(secret)
        self.current_id = key_id(current)
        self._current = AESGCM(current)
        self._all = {key_id(key): AESGCM(key) for key in (current, *map(_derived, before))}

    def new(self, tenant_id: UUID, person_id: UUID) -> Wrapped:
        """A new random key of a person, wrapped."""
        return self.wrap(os.urandom(KEY_BYTES), tenant_id, person_id)

    def wrap(self, key: bytes, tenant_id: UUID, person_id: UUID) -> Wrapped:
        """Wrap a key with the master key in use, for this person alone."""
        nonce = os.urandom(NONCE_BYTES)
        made = self._current.encrypt(nonce, key, _bound(tenant_id, person_id))
        return Wrapped(self.current_id, nonce + made)

    def unwrap(self, wrapped: Wrapped, tenant_id: UUID, person_id: UUID) -> bytes:
        """The key of a person.

        Raises:
            MasterKeyUnknown: it is wrapped with a master key that is not here.
            WrappedKeyDamaged: it was changed, or belongs to another person.
        """
        master = self._all.get(wrapped.master_key_id)
        if master is None:
            raise MasterKeyUnknown(
                f"a person's key is wrapped with the master key {wrapped.master_key_id}: "
                "set MUNIMENT_VAULT_KEY or MUNIMENT_VAULT_KEYS_BEFORE to it"
            )
        nonce, made = wrapped.octets[:NONCE_BYTES], wrapped.octets[NONCE_BYTES:]
        try:
            return master.decrypt(nonce, made, _bound(tenant_id, person_id))
        except (InvalidTag, ValueError) as error:
            raise WrappedKeyDamaged(f"the kept key of the person {person_id}") from error


def key_id(key: bytes) -> str:
    """What a master key is called; says nothing about the key."""
    return hashlib.sha256(b"muniment master key id 1" + key).hexdigest()[:32]


def _derived(secret: str) -> bytes:
    kdf = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"muniment vault master key 1")
    return kdf.derive(secret.encode())


def _bound(tenant_id: UUID, person_id: UUID) -> bytes:
    return _CONTEXT + tenant_id.bytes + person_id.bytes
