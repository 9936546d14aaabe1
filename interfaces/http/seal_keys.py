"""The public keys by which anybody can check the seals of this installation's logs."""

from typing import Literal

import msgspec
from litestar import Controller, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency

from interfaces.parts import Web

CACHE_SECONDS = 300


class SealKey(msgspec.Struct, frozen=True, kw_only=True):
    """An Ed25519 public key as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    alg: Literal["EdDSA"]
    use: Literal["sig"]
    kid: str
    x: str


class SealKeySet(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON Web Key Set (RFC 7517): every key that ever signed a seal here, the newest first."""

    keys: list[SealKey]


class SealKeyController(Controller):
    """For auditors: keep a copy, and the log can't be rewritten behind your back."""

    path = "/.well-known"
    tags = ("Verification",)
    opt = {"public": True}  # noqa: RUF012 - litestar reads it from the class

    @get(
        "/muniment-seal-keys",
        summary="The public keys of the seals",
        cache_control=CacheControlHeader(public=True, max_age=CACHE_SECONDS),
    )
    async def seal_keys(self, web: NamedDependency[Web]) -> SealKeySet:
        """Old keys stay: their seals do."""
        return msgspec.convert(await web.seal_keys.key_set(), SealKeySet)
