"""Generations of a read model: its tables once more, in a schema of their own.

The same queries run on any of them, since they name tables without a schema. Generation 0 is the
schema `read`. Which one answers for a tenant stands in `read.serving`.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from infrastructure.sql import Queries
from projections.engine.projection import Projection

SQL = Queries(__package__, "engine.sql")

FIRST = 0


class Key(NamedTuple):
    """What has one checkpoint for each tenant."""

    projection: str
    version: int
    generation: int


class Consumer(NamedTuple):
    """A projection that writes the tables of one generation."""

    projection: Projection
    generation: int = FIRST
    into: str | None = None
    """The schema, where it is another than the generation's own."""

    @property
    def key(self) -> Key:
        """Whose checkpoint it moves."""
        return Key(self.projection.name, self.projection.version, self.generation)

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return self.into or schema(self.generation)

    def of(self, tenant_id: UUID) -> dict[str, Any]:
        """Its checkpoint for one tenant, as the queries take it."""
        return {"tenant_id": tenant_id, **self.key._asdict()}


def schema(generation: int) -> str:
    """The schema of a generation."""
    return f"read_g{generation}" if generation else "read"


def enter(connection: Connection[Any], schema_name: str) -> None:
    """Until the transaction ends, tables are those of this schema and of no other generation."""
    connection.execute(SQL["in_schema"], {"schema": schema_name})


def columns(keys: Iterable[Key]) -> dict[str, Any]:
    """Keys as the queries take them."""
    listed = list(keys)
    return {
        "projections": [key.projection for key in listed],
        "versions": [key.version for key in listed],
        "generations": [key.generation for key in listed],
    }
