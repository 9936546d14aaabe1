"""Immutable bytes under their sha256, apart for each tenant, in a folder or an object store.

A blob lives at `<tenant>/<first two hex digits>/<sha256>`. Writing is idempotent: the same bytes
have the same place, so a job done twice, or killed and done again, leaves one blob.

A document is acknowledged once its event is in the log, so its blob has to be durable before that.
Object stores acknowledge only what they keep. obstore does not sync local files (seen with strace,
0.12), so those are written here; see `DurableFolder`.
"""

import asyncio
import functools
import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from uuid import UUID

import obstore
from obstore.store import LocalStore, from_url

from domain.ids import TenantId
from infrastructure.durable_folder import DurableFolder

THREADS = 16
"""Local reads and writes at once, of one store. They mostly wait for the disk."""

P = ParamSpec("P")
T = TypeVar("T")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BlobMissing(Exception):  # noqa: N818 - named for what is the matter
    """The store has no such blob."""


class BlobDamaged(Exception):  # noqa: N818 - named for what is the matter
    """The bytes are not what they were: their sha256 differs from their name."""


class BlobStore:
    """Blobs at a URL: `file:///folder`, `s3://bucket/prefix`, `gs://…`, `az://…`, `memory:///`.

    Access to object stores is configured by their own usual environment variables (`AWS_…`).
    Safe to use from many threads and event loops.
    """

    def __init__(self, url: str) -> None:
        """Open the store; a local folder is made if it is not there yet."""
        if url.startswith("file:"):
            self._store = from_url(url, mkdir=True)
        else:
            self._store = from_url(url)
        self._folder: DurableFolder | None = None
        if isinstance(self._store, LocalStore) and (root := self._store.prefix) is not None:
            root.chmod(0o700)  # documents are for no other account of the machine
            self._folder = DurableFolder(root)
        # Not those that asyncio has: a slow disk must not keep others of this process waiting.
        self._threads = ThreadPoolExecutor(THREADS, "blobs")

    async def put(self, tenant_id: TenantId, data: bytes) -> str:
        """Keep `data` durably; its sha256 as lower-case hex."""
        if self._folder is not None:
            return await self._in_thread(self.put_now, tenant_id, data)
        sha256 = await self._in_thread(_sha256, data)
        await obstore.put_async(self._store, _path(tenant_id, sha256), data, use_multipart=False)
        return sha256

    async def get(self, tenant_id: TenantId, sha256: str) -> bytes:
        """The bytes, checked against their name.

        Raises:
            BlobMissing, BlobDamaged: they are gone, or are not what they were.
        """
        if self._folder is not None:
            return await self._in_thread(self.get_now, tenant_id, sha256)
        try:
            found = await obstore.get_async(self._store, _path(tenant_id, sha256))
            data = bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise BlobMissing(sha256) from error
        return await self._in_thread(_checked, data, sha256)

    async def delete(self, tenant_id: TenantId, sha256: str) -> None:
        """Remove the blob; nothing happens where there is none."""
        try:
            await obstore.delete_async(self._store, _path(tenant_id, sha256))
        except FileNotFoundError:
            return

    def put_now(self, tenant_id: TenantId, data: bytes) -> str:
        """`put` for synchronous callers."""
        sha256 = _sha256(data)
        path = _path(tenant_id, sha256)
        if self._folder is not None:
            self._folder.keep(path, data)
        else:
            obstore.put(self._store, path, data, use_multipart=False)
        return sha256

    def get_now(self, tenant_id: TenantId, sha256: str) -> bytes:
        """`get` for synchronous callers.

        Raises:
            BlobMissing, BlobDamaged: they are gone, or are not what they were.
        """
        try:
            data = self._read(_path(tenant_id, sha256))
        except FileNotFoundError as error:
            raise BlobMissing(sha256) from error
        return _checked(data, sha256)

    def every(self) -> Iterator[tuple[UUID, str]]:
        """Tenant and sha256 of each blob that there is."""
        for page in obstore.list(self._store):
            for each in page:
                tenant, _, rest = each["path"].partition("/")
                sha256 = rest.rpartition("/")[2]
                if _SHA256.fullmatch(sha256) and _TENANT.fullmatch(tenant):
                    yield UUID(tenant), sha256

    def _read(self, path: str) -> bytes:
        if self._folder is not None:
            return self._folder.read(path)  # a sixth of the time that obstore takes for a short one
        return bytes(obstore.get(self._store, path).bytes())

    async def _in_thread(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        run = functools.partial(do, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


def _path(tenant_id: TenantId, sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise BlobMissing(sha256)  # not a name that `put` ever gave
    return f"{tenant_id}/{sha256[:2]}/{sha256}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(data: bytes, sha256: str) -> bytes:
    if _sha256(data) != sha256:
        raise BlobDamaged(sha256)
    return data
