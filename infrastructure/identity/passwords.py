"""Password hashing: bcrypt over a peppered digest, in a bounded pool of threads.

bcrypt sees at most 72 bytes of its input, so it is given `base64(HMAC-SHA-384(pepper, password))`,
which is 64 bytes for any password.
"""

import asyncio
import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor

import bcrypt

THREADS = 2


class BcryptHasher:
    """Implements `PasswordHasher`."""

    def __init__(self, pepper: str, *, cost: int, threads: int = THREADS) -> None:
        self._pepper = pepper.encode()
        self._cost = cost
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bcrypt")
        self._nobody = bcrypt.hashpw(self._digest("nobody"), bcrypt.gensalt(cost)).decode()

    async def hash(self, password: str) -> str:
        """A salted hash of `password`."""
        digest = self._digest(password)
        loop = asyncio.get_running_loop()
        hashed = await loop.run_in_executor(
            self._pool, lambda: bcrypt.hashpw(digest, bcrypt.gensalt(self._cost))
        )
        return hashed.decode()

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether they match; with None it takes as long and says no."""
        digest = self._digest(password)
        against = (password_hash or self._nobody).encode()
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._pool, bcrypt.checkpw, digest, against)
        return matches and password_hash is not None

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _digest(self, password: str) -> bytes:
        keyed = hmac.new(self._pepper, password.encode("utf-8", "surrogatepass"), hashlib.sha384)
        return base64.b64encode(keyed.digest())
