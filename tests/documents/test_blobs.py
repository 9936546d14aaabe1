"""Blobs come back as they were put, or the store says why not."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ids import TenantId
from infrastructure.blobs import BlobDamaged, BlobMissing, BlobStore

TENANT = TenantId(UUID("0199d5a0-0000-7000-8000-00000000000a"))
OTHER = TenantId(UUID("0199d5a0-0000-7000-8000-00000000000b"))
ABSENT = hashlib.sha256(b"never put").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs with space"


@pytest.fixture
def store(folder: Path) -> BlobStore:
    return BlobStore(folder.as_uri())


def only_file(folder: Path) -> Path:
    (found,) = (path for path in folder.rglob("*") if path.is_file())
    return found


@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=2_000))
@pytest.mark.parametrize("url", ["memory:///", "folder"])
def test_what_is_put_is_got(
    tmp_path_factory: pytest.TempPathFactory, url: str, data: bytes
) -> None:
    place = tmp_path_factory.mktemp("blobs").as_uri() if url == "folder" else url
    store = BlobStore(place)

    async def put_and_get() -> bytes:
        return await store.get(TENANT, await store.put(TENANT, data))

    assert asyncio.run(put_and_get()) == data
    assert store.put_now(TENANT, data) == hashlib.sha256(data).hexdigest()
    assert store.get_now(TENANT, hashlib.sha256(data).hexdigest()) == data


def test_a_blob_lies_under_its_tenant_and_hash_and_nothing_else_is_left(
    store: BlobStore, folder: Path
) -> None:
    for _ in range(2):
        sha256 = store.put_now(TENANT, b"minutes")
    assert only_file(folder) == folder / str(TENANT) / sha256[:2] / sha256


def test_a_tenant_does_not_see_the_blobs_of_another(store: BlobStore) -> None:
    sha256 = store.put_now(TENANT, b"minutes")
    with pytest.raises(BlobMissing):
        store.get_now(OTHER, sha256)


@pytest.mark.parametrize("name", [ABSENT, "", "../../etc/passwd", ABSENT.upper(), ABSENT[:-1]])
def test_a_name_that_was_never_given_is_missing(store: BlobStore, name: str) -> None:
    with pytest.raises(BlobMissing):
        store.get_now(TENANT, name)
    with pytest.raises(BlobMissing):
        asyncio.run(store.get(TENANT, name))


def test_a_damaged_blob_is_not_handed_out_and_putting_it_again_mends_it(
    store: BlobStore, folder: Path
) -> None:
    sha256 = store.put_now(TENANT, b"minutes")
    only_file(folder).write_bytes(b"minutez")
    with pytest.raises(BlobDamaged):
        store.get_now(TENANT, sha256)
    with pytest.raises(BlobDamaged):
        asyncio.run(store.get(TENANT, sha256))
    store.put_now(TENANT, b"minutes")
    assert store.get_now(TENANT, sha256) == b"minutes"


def test_a_deleted_blob_is_missing_and_may_be_deleted_again(store: BlobStore) -> None:
    sha256 = store.put_now(TENANT, b"minutes")
    asyncio.run(store.delete(TENANT, sha256))
    asyncio.run(store.delete(TENANT, sha256))
    with pytest.raises(BlobMissing):
        store.get_now(TENANT, sha256)


WRITER = """
import sys
from uuid import UUID
from infrastructure.blobs import BlobStore
store = BlobStore(sys.argv[1])
for number in range(100_000):
    data = (b"%d " % number) * 100_000
    print(store.put_now(UUID(sys.argv[2]), data), flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_blobs_and_every_acknowledged_one(
    folder: Path,
) -> None:
    for acknowledged_before_kill in (1, 7, 20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, folder.as_uri(), str(TENANT)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
            text=True,
        ) as writer:
            assert writer.stdout is not None
            acknowledged = [
                writer.stdout.readline().strip() for _ in range(acknowledged_before_kill)
            ]
            writer.send_signal(signal.SIGKILL)
            acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
        store = BlobStore(folder.as_uri())
        for sha256 in acknowledged:
            store.get_now(TENANT, sha256)
        for path in folder.rglob("*"):
            if path.is_file() and "#" not in path.name:  # temporary names
                store.get_now(TENANT, path.name)
