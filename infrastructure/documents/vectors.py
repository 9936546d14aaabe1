"""Embeddings of passages, computed once for each tenant, model and content."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import tuple_row

from application.documents.analysis import Embedder
from domain.ids import TenantId
from infrastructure.database import SET_TENANT, Database
from infrastructure.sql import Queries

SQL = Queries(__package__, "vectors.sql")

BATCH_PASSAGES = 32
"""Larger batches take longer for each passage: with the default model, 512 at once 3 times."""

_NINE_DIGITS = "{:.9g}"  # enough to name any 32-bit float exactly


class _Kept(NamedTuple):
    content_sha256: bytes


class EmbeddingCache:
    """Implements `Vectors` over the table `work.embeddings`.

    Losing rows of it loses time only: whoever reads it computes what is not there.
    """

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder

    @property
    def model(self) -> str:
        """The embedder's model, part of the key."""
        return self._embedder.model

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._embedder.dimensions

    async def ensure(self, tenant_id: TenantId, passages: Sequence[str]) -> None:
        """Embed and keep those passages that are not kept yet, off the event loop."""
        by_key = _by_key(passages)
        parameters = {"model": self.model, "keys": list(by_key)}
        kept = await self._database.rows(tenant_id, SQL["kept"], parameters, _Kept)
        for batch in _batches(by_key, without={row.content_sha256 for row in kept}):
            embedded = await asyncio.to_thread(self._embed, tenant_id, batch)
            async with self._database.connection() as connection, connection.pipeline():
                await connection.execute(SET_TENANT, [str(tenant_id)])
                await connection.execute(SQL["keep"], embedded)

    async def embed_query(self, text: str) -> str:
        """The vector of a question, as `literal` writes it."""
        encodable = text.encode("utf-8", "replace").decode()
        return literal((await asyncio.to_thread(self._embedder.embed, [encodable]))[0])

    def vectors_now(
        self, connection: Connection[Any], tenant_id: TenantId, passages: Sequence[str]
    ) -> list[str]:
        """The vector of each passage, as `literal` writes it; those not kept are computed.

        Args:
            connection: in a transaction of this tenant's.
        """
        by_key = _by_key(passages)
        parameters = {"tenant_id": tenant_id, "model": self.model, "keys": list(by_key)}
        cursor = connection.cursor(row_factory=tuple_row)
        found: dict[bytes, str] = dict(cursor.execute(SQL["read"], parameters).fetchall())
        for batch in _batches(by_key, without=found.keys()):
            embedded = self._embed(tenant_id, batch)
            connection.execute(SQL["keep"], embedded)
            found.update(zip(embedded["keys"], embedded["embeddings"], strict=True))
        return [found[_key(passage)] for passage in passages]

    def _embed(self, tenant_id: TenantId, batch: Mapping[bytes, str]) -> dict[str, Any]:
        """The parameters of the query `keep`."""
        vectors = self._embedder.embed(list(batch.values()))
        return {
            "tenant_id": tenant_id,
            "model": self.model,
            "keys": list(batch),
            "embeddings": [literal(vector) for vector in vectors],
        }


def literal(vector: NDArray[np.float32]) -> str:
    """A vector as pgvector reads it: `[0.25,-0.5,…]`."""
    return "[" + ",".join(map(_NINE_DIGITS.format, vector.tolist())) + "]"


def _key(passage: str) -> bytes:
    return hashlib.sha256(passage.encode()).digest()


def _by_key(passages: Sequence[str]) -> dict[bytes, str]:
    return {_key(passage): passage for passage in passages}


def _batches(by_key: Mapping[bytes, str], *, without: Set[bytes]) -> Iterator[dict[bytes, str]]:
    missing = [key for key in by_key if key not in without]
    for start in range(0, len(missing), BATCH_PASSAGES):
        yield {key: by_key[key] for key in missing[start : start + BATCH_PASSAGES]}
