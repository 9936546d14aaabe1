"""Blobs on their way into a backup and back: each once, however many sets name it."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from uuid import UUID

from domain.ids import TenantId
from infrastructure.backup.collection import BLOBS, Collection
from infrastructure.backup.manifest import File, KeptBlob
from infrastructure.backup.sealed_file import BackupDamaged
from infrastructure.blobs import BlobMissing, BlobStore


def copy_new(
    collection: Collection,
    store: BlobStore,
    known: dict[tuple[UUID, str], KeptBlob],
    of_chain: set[tuple[UUID, str]],
    copied: Callable[[int], None],
) -> Iterator[KeptBlob]:
    """What the store has and the chain doesn't name; copied where no set at all knows it.

    Raises:
        BlobDamaged: one is not what it was.
    """
    for tenant_id, digest in store.every():
        if (tenant_id, digest) in of_chain:
            continue
        kept = known.get((tenant_id, digest))
        if kept is None:
            try:
                content = store.get_now(TenantId(tenant_id), digest)
            except BlobMissing:
                continue  # removed since it was listed
            file = _put(collection, tenant_id, digest, content)
            kept = KeptBlob(tenant_id=tenant_id, sha256=digest, file=file)
            copied(1)
        yield kept


def restore(
    collection: Collection,
    store: BlobStore,
    blobs: Iterable[KeptBlob],
    copied: Callable[[int], None],
) -> int:
    """Bring them back; how many there are.

    Raises:
        BackupDamaged: one is missing, or not what was written.
    """
    count = 0
    for blob in blobs:
        with collection.reading(blob.file.name) as file:
            content = file.read()
        if sha256(content).hexdigest() != blob.sha256:
            raise BackupDamaged(f"{blob.file.name} holds another blob than it should")
        store.put_now(TenantId(blob.tenant_id), content)
        count += 1
        copied(1)
    return count


def remove_unnamed(collection: Collection, named: Iterable[KeptBlob]) -> int:
    """Let go of files that no set names; how many those were."""
    wanted = {blob.file.name for blob in named}
    gone = [name for name in collection.place.names(BLOBS) if name not in wanted]
    for name in gone:
        collection.place.remove(name)
    return len(gone)


def _put(collection: Collection, tenant_id: UUID, digest: str, content: bytes) -> File:
    opaque = collection.key.blob_name(tenant_id, digest)
    with collection.writing(f"{BLOBS}/{opaque[:2]}/{opaque}") as written:
        written.out.write(content)
    return written.whole
