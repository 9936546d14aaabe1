"""Tokens found good a moment ago, so that a caller who sends one again and again is quick."""

import hashlib
import time
from collections import OrderedDict
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

Said = TypeVar("Said")

SECONDS = 5.0
TOKENS_MAX = 10_000


class _Found(NamedTuple, Generic[Said]):
    says: Said
    forget_at: float
    """Of the monotonic clock."""
    expires_at: int
    """Of the wall clock: a token is over in the second that its `exp` names."""


class Remembered(Generic[Said]):
    """What each of the last good tokens says, under its sha256: the tokens themselves are secrets.

    Nothing is remembered longer than some seconds, or past the token's own end. Where there are too
    many, the one that nobody asked for longest goes. For one thread.
    """

    def __init__(self, *, seconds: float = SECONDS, tokens_max: int = TOKENS_MAX) -> None:
        self._seconds = seconds
        self._tokens_max = tokens_max
        self._found: OrderedDict[bytes, _Found[Said]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def recall(self, token: str) -> Said | None:
        """What this very token says, if it was remembered and is still good."""
        key = _key(token)
        found = self._found.get(key)
        if found is None:
            return None
        if time.monotonic() >= found.forget_at or time.time() >= found.expires_at:
            del self._found[key]
            return None
        self._found.move_to_end(key)
        return found.says

    def remember(self, token: str, says: Said, *, expires_at: datetime) -> None:
        """Keep what a token says that was just found good."""
        self._found[_key(token)] = _Found(
            says, time.monotonic() + self._seconds, int(expires_at.timestamp())
        )
        if len(self._found) > self._tokens_max:
            self._found.popitem(last=False)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
