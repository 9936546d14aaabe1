"""Access and refresh tokens: signed JSON Web Tokens with every claim required and checked."""

import re
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt
import msgspec

from infrastructure.identity.remembered import Remembered

ALGORITHM = "HS256"
ISSUER = "muniment"
CHARACTERS_MAX = 4096
FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]", re.ASCII)
"""The one spelling of a token with a signature of 32 bytes. The library would also take padding,
characters that mean nothing, and set bits at the end that are dropped."""
REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti", "sid", "tid", "role", "typ", "gen"]

Kind = Literal["access", "refresh"]


class TokenRefused(Exception):  # noqa: N818 - named for what happened
    """The token is missing, malformed, expired, of the wrong kind, or not ours."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. `generation` is that of the session's refresh token."""

    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    role: Literal["owner", "admin", "editor", "viewer", "auditor"]
    generation: int
    expires_at: datetime
    epoch: str = ""
    """That of the installation when the token was given out; see `epoch.Epoch`."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Both tokens of a session; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


class Tokens:
    """Issues and checks tokens. An access token that was found good isn't checked again at once."""

    def __init__(
        self,
        secret: str,
        *,
        access_seconds: int,
        refresh_seconds: int,
        remembered: Remembered[Claims] | None = None,
    ) -> None:
        self._secret = secret
        self._remembered = Remembered() if remembered is None else remembered
        self._seconds: dict[Kind, int] = {"access": access_seconds, "refresh": refresh_seconds}

    def issue(
        self,
        *,
        user_id: UUID,
        tenant_id: UUID,
        session_id: UUID,
        role: str,
        generation: int,
        now: datetime,
        epoch: str = "",
    ) -> Pair:
        """Both tokens for a session at `generation`."""
        base = {
            "iss": ISSUER,
            "sub": str(user_id),
            "tid": str(tenant_id),
            "sid": str(session_id),
            "role": role,
            "gen": generation,
            "iat": now,
            "epo": epoch,
        }
        return Pair(
            access_token=self._sign("access", base, now),
            refresh_token=self._sign("refresh", base, now),
            expires_in=self._seconds["access"],
        )

    def read(self, token: str, kind: Kind) -> Claims:
        """Check a token of this kind. Whether its person was erased is for the caller to ask.

        Raises:
            TokenRefused: for every fault alike.
        """
        if len(token) > CHARACTERS_MAX or not token.isascii():
            raise TokenRefused
        if kind != "access":
            return self._checked(token, kind)
        claims = self._remembered.recall(token)
        if claims is None:
            claims = self._checked(token, kind)
            self._remembered.remember(token, claims, expires_at=claims.expires_at)
        return claims

    def _checked(self, token: str, kind: Kind) -> Claims:
        if not FORM.fullmatch(token):
            raise TokenRefused
        try:
            header = jwt.get_unverified_header(token)
            if set(header) - {"alg", "typ"}:
                raise TokenRefused
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=_audience(kind),
                issuer=ISSUER,
                options={"require": REQUIRED},
            )
            return _claims(claims, kind)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError) as fault:
            raise TokenRefused from fault

    def _sign(self, kind: Kind, base: dict[str, Any], now: datetime) -> str:
        claims = {
            **base,
            "typ": kind,
            "aud": _audience(kind),
            "jti": str(uuid4()),
            "exp": now + timedelta(seconds=self._seconds[kind]),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)


def _audience(kind: Kind) -> str:
    return f"muniment:{kind}"


def _claims(claims: dict[str, Any], kind: Kind) -> Claims:
    if claims["typ"] != kind:
        raise TokenRefused
    return msgspec.convert(
        {
            "user_id": claims["sub"],
            "tenant_id": claims["tid"],
            "session_id": claims["sid"],
            "role": claims["role"],
            "generation": claims["gen"],
            "expires_at": claims["exp"],
            "epoch": claims.get("epo", ""),
        },
        Claims,
        strict=False,
    )
