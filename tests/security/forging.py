"""JSON Web Tokens built by hand, so that they can be wrong in every way."""

import base64
import hashlib
import hmac
import time
from typing import Any
from uuid import uuid4

import msgspec

from tests.api import Account
from tests.stack import Stack

HEADER = {"alg": "HS256", "typ": "JWT"}


def claims(account: Account, **changes: Any) -> dict[str, Any]:
    """What a good access token of the account says, with changes; None leaves a claim out."""
    now = int(time.time())
    good = {
        "iss": "muniment",
        "aud": "muniment:access",
        "sub": account.user_id,
        "tid": account.tenant_id,
        "sid": str(uuid4()),
        "jti": str(uuid4()),
        "role": "owner",
        "typ": "access",
        "gen": 1,
        "iat": now,
        "exp": now + 600,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(
    stack: Stack, header: Any, payload: Any, *, secret: str | None = None, hash_: str = "sha256"
) -> str:
    """A token with a right signature: by the stack's secret, or by another."""
    message = f"{segment(header)}.{segment(payload)}"
    key = secret if secret is not None else stack.environment["MUNIMENT_JWT_SECRET"]
    mac = hmac.new(key.encode(), message.encode(), getattr(hashlib, hash_))
    return f"{message}.{segment(mac.digest())}"
