"""Keys of persons, kept wrapped in a schema of the database that is no part of the log.

Nothing here remembers a key: whoever needs some asks for them, uses them and lets them go, so that
an erasure holds from the moment it is committed.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from infrastructure.database import Database
from infrastructure.sql import Queries
from infrastructure.vault.master_keys import MasterKeys, Wrapped

SQL = Queries(__package__, "vault.sql")

Keys = Mapping[UUID, bytes]
"""Keys by person. Who is not in it has none: erased, or never known here."""

NO_KEYS: Keys = MappingProxyType({})


class KeyRow(NamedTuple):
    """One row of the queries `ensure` and `keys`; an erased person has no key."""

    person_id: UUID
    wrapped_key: bytes | None
    master_key_id: str | None


class Vault:
    """Gives the keys of persons; see `ensure` and `keys` of `vault.sql` for the synchronous way."""

    def __init__(self, master_keys: MasterKeys) -> None:
        self.master_keys = master_keys

    async def ensure(self, database: Database, tenant_id: UUID, persons: Iterable[UUID]) -> Keys:
        """Their keys, in one round trip; who has none and was never erased is given one.

        Raises:
            MasterKeyUnknown, WrappedKeyDamaged: a kept key can't be used.
        """
        parameters = self.candidates(tenant_id, persons)
        return self.opened(tenant_id, await _rows(database, tenant_id, "ensure", parameters))

    async def keys(self, database: Database, tenant_id: UUID, persons: Iterable[UUID]) -> Keys:
        """The keys that there are, in one round trip. Raises as `ensure`."""
        parameters = {"person_ids": list(persons)}
        return self.opened(tenant_id, await _rows(database, tenant_id, "keys", parameters))

    def candidates(self, tenant_id: UUID, persons: Iterable[UUID]) -> dict[str, Any]:
        """Parameters of the query `ensure`: a new key for each, for who has none yet."""
        person_ids = sorted(set(persons))  # one order for all, so that no two wait for each other
        return {
            "person_ids": person_ids,
            "wrapped_keys": [self.master_keys.new(tenant_id, each).octets for each in person_ids],
            "master_key_id": self.master_keys.current_id,
        }

    def opened(self, tenant_id: UUID, rows: Iterable[tuple[Any, ...]]) -> Keys:
        """The keys in rows of the queries `ensure` and `keys`. Raises as `ensure`."""
        return {
            person_id: self.master_keys.unwrap(Wrapped(master_key_id, octets), tenant_id, person_id)
            for person_id, octets, master_key_id in rows
            if octets is not None
        }


async def _rows(
    database: Database, tenant_id: UUID, query: str, parameters: dict[str, Any]
) -> list[KeyRow]:
    return await database.rows(tenant_id, SQL[query], parameters, KeyRow)
