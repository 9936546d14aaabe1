"""What an administrator does with the keys of a tenant's persons: wrap them anew, move them.

Takes an administrator's connection: the application may only ask for keys. They are never
unwrapped but in memory, and never leave unwrapped.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from infrastructure.database import SET_TENANT
from infrastructure.sql import Queries
from infrastructure.vault.master_keys import MasterKeys, Wrapped

SQL = Queries(__package__, "custody.sql")

FORMAT = "muniment-person-keys-1"
PAGE_KEYS = 500


class KeysNotTaken(Exception):  # noqa: N818 - named for what happened
    """The file with keys is none, or doesn't fit what is here. Nothing was written."""


class KeptKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key of one person, wrapped; without one the person is erased."""

    person_id: UUID
    wrapped_key: bytes | None = None
    master_key_id: str | None = None
    erased_at: datetime | None = None


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of one tenant's persons, as they are moved."""

    format: str
    tenant_id: UUID
    keys: Sequence[KeptKey]


class Custody:
    """Works as the owner of the vault, for one tenant at a time."""

    def __init__(self, connection: Connection[Any], master_keys: MasterKeys) -> None:
        self._connection = connection
        self._master_keys = master_keys

    def rewrap(self, tenant_id: UUID) -> int:
        """Wrap every key with the master key in use; how many were wrapped with another.

        Raises:
            MasterKeyUnknown, WrappedKeyDamaged: one can't be unwrapped.
        """
        count, after = 0, UUID(int=0)
        current = self._master_keys.current_id
        while True:
            of = {"tenant_id": tenant_id, "after": after, "limit": PAGE_KEYS, "current": current}
            with self._acting(tenant_id):
                found = self._connection.execute(SQL["wrapped_otherwise"], of).fetchall()
                if not found:
                    return count
                anew = {
                    "person_ids": [person_id for person_id, *_ in found],
                    "before": [octets for _, octets, _ in found],
                    "wrapped": [self._anew(tenant_id, *row).octets for row in found],
                }
                count += self._connection.execute(SQL["rewrap"], {**of, **anew}).rowcount
            after = found[-1][0]

    def give(self, tenant_id: UUID) -> KeyFile:
        """Every key of a tenant, wrapped as it is, and who was erased."""
        with self._acting(tenant_id):
            rows = self._connection.execute(SQL["all"], {"tenant_id": tenant_id}).fetchall()
        names = KeptKey.__struct_fields__
        keys = [KeptKey(**dict(zip(names, row, strict=True))) for row in rows]
        return KeyFile(format=FORMAT, tenant_id=tenant_id, keys=keys)

    def take(self, given: KeyFile) -> int:
        """Keep the keys of a file, wrapped anew; who is erased there or here is erased here.

        Raises:
            MasterKeyUnknown, WrappedKeyDamaged: one can't be unwrapped.
            KeysNotTaken: somebody has another key here.
        """
        of = {"tenant_id": given.tenant_id, "current": self._master_keys.current_id}
        kept = [key for key in given.keys if key.wrapped_key is not None]
        erased = [key.person_id for key in given.keys if key.wrapped_key is None]
        opened = {key.person_id: self._unwrapped(given.tenant_id, key) for key in kept}
        wrapped = [self._wrapped(given.tenant_id, *each) for each in opened.items()]
        with self._acting(given.tenant_id):
            taken = {"person_ids": list(opened), "wrapped": wrapped}
            count = self._connection.execute(SQL["keep"], {**of, **taken}).rowcount
            rows = self._connection.execute(SQL["all"], of).fetchall()
            for person_id, octets, master_key_id, _ in rows:
                if octets is None or person_id not in opened:
                    continue
                here = Wrapped(master_key_id, octets)
                key = self._master_keys.unwrap(here, given.tenant_id, person_id)
                if key != opened[person_id]:
                    raise KeysNotTaken(f"the person {person_id} has another key here")
            self._connection.execute(SQL["erase"], {**of, "person_ids": erased})
        return count

    @contextmanager
    def _acting(self, tenant_id: UUID) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute(SQL["act_as_owner"])
            self._connection.execute(SET_TENANT, [str(tenant_id)])
            yield

    def _anew(self, tenant_id: UUID, person_id: UUID, octets: bytes, key_id: str) -> Wrapped:
        key = self._master_keys.unwrap(Wrapped(key_id, octets), tenant_id, person_id)
        return self._master_keys.wrap(key, tenant_id, person_id)

    def _unwrapped(self, tenant_id: UUID, kept: KeptKey) -> bytes:
        wrapped = Wrapped(kept.master_key_id or "", kept.wrapped_key or b"")
        return self._master_keys.unwrap(wrapped, tenant_id, kept.person_id)

    def _wrapped(self, tenant_id: UUID, person_id: UUID, key: bytes) -> bytes:
        return self._master_keys.wrap(key, tenant_id, person_id).octets


def read(path: Path) -> KeyFile:
    """A file of keys.

    Raises:
        KeysNotTaken: it is none.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise KeysNotTaken(f"{path} is no file of keys: {error}") from error
    if found.format != FORMAT:
        raise KeysNotTaken(f"{path} has another format than {FORMAT}")
    return found
