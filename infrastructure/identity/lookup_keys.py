"""Keyed hashes of personal data: the same value gives the same key, and no key gives the value."""

import hashlib
import hmac
from uuid import UUID


class HmacLookupKeys:
    """Implements `LookupKeys` with HMAC-SHA-256."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def email(self, email: str) -> bytes:
        """The key of a normalised address across tenants."""
        return self._hash(b"email:" + email.encode())

    def email_in(self, tenant_id: UUID, email: str) -> bytes:
        """The key of a normalised address within one tenant."""
        return self._hash(b"email-in:" + tenant_id.bytes + email.encode())

    def request(self, asked: bytes) -> bytes:
        """The fingerprint of what a command asks, which may be personal."""
        return self._hash(b"request:" + asked)

    def _hash(self, value: bytes) -> bytes:
        return hmac.new(self._key, value, hashlib.sha256).digest()
