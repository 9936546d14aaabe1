"""What a store of blobs has acknowledged survives a power cut."""

import asyncio
import errno
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from domain.ids import TenantId
from infrastructure.blobs import THREADS, BlobStore
from infrastructure.durable_folder import DurableFolder

TENANT = TenantId(UUID("0199d5a0-0000-7000-8000-00000000000a"))
OTHER = TenantId(UUID("0199d5a0-0000-7000-8000-00000000000b"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs with space"


@pytest.fixture
def store(folder: Path) -> BlobStore:
    return BlobStore(folder.as_uri())


class Disk:
    """What would be there after a power cut: what of files and folders was synced so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folders: dict[int, dict[str, int]] = {}
        self._contents: dict[int, bytes] = {}
        self.synced: list[Path] = []
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._recording)

    def _recording(self, descriptor: int) -> None:
        self._fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        inode = os.fstat(descriptor).st_ino
        self.synced.append(path)
        if path.is_dir():
            self._folders[inode] = {each.name: each.stat().st_ino for each in path.iterdir()}
        else:
            self._contents[inode] = path.read_bytes()

    def holds(self, root: Path, *names: str) -> bytes | None:
        """The bytes that are found from `root`, which is there, by these names."""
        inode = root.stat().st_ino
        for name in names:
            found = self._folders.get(inode, {}).get(name)
            if found is None:
                return None
            inode = found
        return self._contents.get(inode)


Put = Callable[[BlobStore, TenantId, bytes], str]


def put_in_loop(store: BlobStore, tenant_id: TenantId, data: bytes) -> str:
    return asyncio.run(store.put(tenant_id, data))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.mark.parametrize("put", [BlobStore.put_now, put_in_loop])
def test_what_was_put_survives_a_power_cut_whatever_was_there_before(
    folder: Path, disk: Disk, put: Put
) -> None:
    kept: list[tuple[str, str, bytes]] = []

    def put_and_check(store: BlobStore, tenant_id: TenantId, data: bytes) -> None:
        sha256 = put(store, tenant_id, data)
        kept.append((str(tenant_id), sha256, data))
        for tenant, name, bytes_ in kept:
            assert disk.holds(folder, tenant, name[:2], name) == bytes_

    store, another = BlobStore(folder.as_uri()), BlobStore(folder.as_uri())
    for number in range(40):
        for tenant_id in (TENANT, OTHER):
            put_and_check(store if number % 3 else another, tenant_id, b"%d" % number)
    (folder / str(TENANT)).rename(folder.parent / "aside")
    kept = [each for each in kept if each[0] != str(TENANT)]
    for number in range(10):
        put_and_check(store, TENANT, b"again %d" % number)


def test_what_another_wrote_and_did_not_sync_is_synced_before_it_is_acknowledged(
    store: BlobStore, folder: Path, disk: Disk
) -> None:
    sha256 = hashlib.sha256(b"minutes").hexdigest()
    place = folder / str(TENANT) / sha256[:2]
    place.mkdir(parents=True)
    (place / sha256).write_bytes(b"minutes")  # and was killed here
    assert disk.holds(folder, str(TENANT), sha256[:2], sha256) is None
    written = (place / sha256).stat()
    assert store.put_now(TENANT, b"minutes") == sha256
    assert disk.holds(folder, str(TENANT), sha256[:2], sha256) == b"minutes"
    kept = (place / sha256).stat()
    assert (kept.st_ino, kept.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_a_blob_in_a_folder_that_is_known_costs_two_syncs(
    store: BlobStore, folder: Path, disk: Disk
) -> None:
    of_one_folder = [b"%d" % number for number in range(2_000) if prefix(b"%d" % number) == "00"]
    store.put_now(TENANT, of_one_folder[0])
    place = folder / str(TENANT) / "00"
    assert disk.synced[1:] == [place, place.parent, folder]
    disk.synced.clear()
    store.put_now(TENANT, of_one_folder[1])
    assert disk.synced[1:] == [place]


def test_only_so_many_folders_are_remembered(folder: Path, disk: Disk) -> None:
    folder.mkdir()
    durable = DurableFolder(folder, folders_max=2)
    for number in range(5):
        durable.keep(f"folder {number}/file", b"x")
    assert len(durable._entered) == 2
    disk.synced.clear()
    durable.keep("folder 0/another", b"x")
    assert disk.synced[1:] == [folder / "folder 0", folder]
    assert disk.holds(folder, "folder 0", "another") == b"x"


def test_a_write_that_fails_leaves_nothing_and_is_not_acknowledged(
    store: BlobStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            store.put_now(TENANT, b"minutes")
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    store.put_now(TENANT, b"minutes")


def test_many_at_once_put_the_same_and_other_blobs(store: BlobStore, folder: Path) -> None:
    blobs = [b"%d" % (number % 20) for number in range(200)]

    async def put_all() -> list[str]:
        return await asyncio.gather(*(store.put(TENANT, data) for data in blobs))

    names = asyncio.run(put_all())
    assert names == [hashlib.sha256(data).hexdigest() for data in blobs]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted(set(names))
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    running = [each for each in threading.enumerate() if each.name.startswith("blobs")]
    assert 0 < len(running) <= THREADS * 3  # stores of earlier tests may still be there


def prefix(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:2]
