"""The box: what is personal in one event, encrypted with the key of one person, as text.

base64 of: format (1 byte, 1), nonce (12 bytes), AES-256-GCM ciphertext with its tag (16 bytes). The
key fits a box only at the very place in the log that it was made for. What is inside is padded, so
that a box does not tell how long a name is.
"""

import base64
import binascii
import os
import struct
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 1
NONCE_BYTES = 12
TAG_BYTES = 16
PAD_BYTES = 64
_CONTEXT = b"muniment personal data 1"


class BoxRefused(Exception):  # noqa: N818 - named for what happened
    """The box is damaged, of an unknown format, or belongs to another place or person."""


class Place(NamedTuple):
    """Where a box stands and whose it is: it opens nowhere else."""

    tenant_id: UUID
    stream_id: UUID
    version: int
    type: str
    schema: int
    person_id: UUID

    @property
    def octets(self) -> bytes:
        """What is authenticated beside the content."""
        ids = self.tenant_id.bytes + self.stream_id.bytes + self.person_id.bytes
        return _CONTEXT + ids + struct.pack(">qh", self.version, self.schema) + self.type.encode()


def encrypt(key: bytes, content: bytes, place: Place) -> str:
    """A box around JSON; spaces at its end are added and mean nothing."""
    padded = content + b" " * (-len(content) % PAD_BYTES)
    nonce = os.urandom(NONCE_BYTES)
    made = AESGCM(key).encrypt(nonce, padded, place.octets)
    return base64.b64encode(bytes([FORMAT]) + nonce + made).decode()


def decrypt(key: bytes, box: str, place: Place) -> bytes:
    """What `encrypt` was given, with the padding.

    Raises:
        BoxRefused: it is not what was made for this place with this key.
    """
    try:
        octets = base64.b64decode(box, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BoxRefused("it is not base64") from error
    if base64.b64encode(octets).decode() != box:
        raise BoxRefused("it is not the one spelling of its bytes")
    if len(octets) < 1 + NONCE_BYTES + TAG_BYTES or octets[0] != FORMAT:
        raise BoxRefused("its format is unknown")
    nonce, made = octets[1 : 1 + NONCE_BYTES], octets[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, made, place.octets)
    except InvalidTag as error:
        raise BoxRefused("it was made with another key, for another place, or changed") from error
