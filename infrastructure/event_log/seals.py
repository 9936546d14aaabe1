"""Seals: signed statements that a tenant's log had a digest at a position at a time.

Ed25519. Whoever holds an installation's public keys can tell a log that was rewritten as a whole,
digests and all, from the one that was sealed. Needs no database.
"""

import base64
import struct
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infrastructure.event_log.canonical import Link

_SEAL = b"muniment seal 1\n"
_DERIVED_FOR = b"muniment seal key 1"
_KEY_ID_CHARACTERS = 32
_KEY_BYTES = 32
_pack = struct.Struct(">16sq32sq").pack


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What `log.seals` holds of one seal."""

    position: int
    digest: bytes
    sealed_at: int
    """Microseconds since 2000-01-01 00:00 UTC."""
    key_id: str
    signature: bytes

    @property
    def link(self) -> Link:
        """What is sealed."""
        return Link(self.position, self.digest)


class SealKey:
    """A key pair, derived from a secret text."""

    def __init__(self, secret: str) -> None:
        derive = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_DERIVED_FOR)
        self._private = Ed25519PrivateKey.from_private_bytes(derive.derive(secret.encode()))
        self.public = self._private.public_key().public_bytes_raw()
        self.key_id = key_id(self.public)

    def seal(self, tenant_id: bytes, link: Link, sealed_at: int) -> Seal:
        """Sign that the log has this digest at this position."""
        return Seal(
            position=link.position,
            digest=link.digest,
            sealed_at=sealed_at,
            key_id=self.key_id,
            signature=self.sign(_message(tenant_id, link, sealed_at)),
        )

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)


class KeyRing:
    """The public keys that a reader trusts, by their ids."""

    def __init__(self, public_keys: Iterable[bytes] = ()) -> None:
        self._keys = {key_id(each): each for each in public_keys}

    @property
    def public_keys(self) -> list[bytes]:
        """All of them."""
        return list(self._keys.values())

    def __contains__(self, wanted: str) -> bool:
        return wanted in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def signed(self, key: str, message: bytes, signature: bytes) -> bool:
        """Whether the key of this id, if it is here, made the signature."""
        public = self._keys.get(key)
        if public is None:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def fault(self, tenant_id: bytes, seal: Seal) -> str | None:
        """Why the seal is not one of the tenant's, if so. Says nothing of the log."""
        if seal.key_id not in self:
            return f"its seal is signed with the key {seal.key_id}, which is not known"
        message = _message(tenant_id, seal.link, seal.sealed_at)
        if not self.signed(seal.key_id, message, seal.signature):
            return f"its seal is not signed with the key {seal.key_id}, as it says"
        return None


def key_id(public: bytes) -> str:
    """The first half of the sha256 of a public key, in hexadecimal."""
    return sha256(public).hexdigest()[:_KEY_ID_CHARACTERS]


def key_set(public_keys: Iterable[bytes]) -> dict[str, Any]:
    """The keys as a JSON Web Key Set (RFC 7517, RFC 8037)."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": key_id(each),
                "x": base64.urlsafe_b64encode(each).rstrip(b"=").decode(),
            }
            for each in public_keys
        ]
    }


def read_key_set(text: bytes) -> KeyRing:
    """The keys of a JSON Web Key Set, those that are no Ed25519 keys left out.

    Raises:
        ValueError: it is not one, or holds no such key.
    """
    try:
        keys: list[Mapping[str, Any]] = msgspec.json.decode(text)["keys"]
        found = [each["x"] for each in keys if each.get("crv") == "Ed25519"]
        octets = [base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in found]
        ring = KeyRing(each for each in octets if len(each) == _KEY_BYTES)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("not a JSON Web Key Set") from error
    if not ring:
        raise ValueError("there is no Ed25519 key in it")
    return ring


def _message(tenant_id: bytes, link: Link, sealed_at: int) -> bytes:
    return _SEAL + _pack(tenant_id, link.position, link.digest, sealed_at)
