"""Read models as they were at one moment, in a schema of their own that nobody writes to again."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from infrastructure.database import BatchDatabase
from infrastructure.event_log.tenants import Tenant
from infrastructure.sql import Queries
from projections.engine import registry
from projections.engine.projection import Projection
from projections.engine.registry import NotPossible, Registry
from projections.engine.tasks import Crew, Passed, Target, Task

SQL = Queries(__package__, "copies.sql")

NAME = re.compile(r"[a-z][a-z0-9_]{0,61}[a-z0-9]")
OWN = re.compile(r"pg_.*|read_g[0-9]+|read_filling")
"""Names that are PostgreSQL's, or Muniment's own. Other schemas exist and are not touched."""


def begin(
    admin_url: str,
    projections: Sequence[Projection],
    schema: str,
    for_tenant: UUID | None,
    *,
    by: str,
) -> list[Target]:
    """Empty tables in a new schema.

    Args:
        admin_url: a role that may act as `muniment_owner`.

    Raises:
        NotPossible: the schema is there already, or can't have this name.
    """
    if not NAME.fullmatch(schema) or OWN.fullmatch(schema):
        raise NotPossible(
            f"{schema!r} can't be the name of a copy: it takes small letters, digits and "
            "underscores, begins with a letter, and is not one of PostgreSQL's or Muniment's own"
        )
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SET LOCAL ROLE muniment_owner")
        cursor = connection.cursor(row_factory=scalar_row)
        if not cursor.execute(SQL["schema_is_free"], {"schema": schema}).fetchone():
            raise NotPossible(
                f"the schema {schema} is there already: choose another name, or drop it"
            )
        named = sql.Identifier(schema)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(named))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO muniment_app").format(named))
        parameters = {
            "projections": [each.name for each in projections],
            "versions": [each.version for each in projections],
            "tables": [",".join(each.tables) for each in projections],
            "schema": schema,
            "for_tenant": for_tenant,
            "by": by,
        }
        numbers = cursor.execute(SQL["open_copy"], parameters).fetchall()
        for projection in projections:
            registry.make_tables(connection, projection, schema, numbers[0])
    return [
        Target(projection=each.name, version=each.version, generation=numbers[0], into=schema)
        for each in projections
    ]


def fill(
    crew: Crew, targets: Sequence[Target], ends: Sequence[tuple[UUID, int]], passed: Passed
) -> int:
    """Take in each tenant's log up to its end; how many events that were."""
    tasks = [
        Task(tenant_id=tenant_id, targets=tuple(targets), until=until)
        for tenant_id, until in ends
        if until
    ]
    return sum(outcome.events for outcome in crew.do(tasks, passed))


def finish(changes: Registry, projections: Sequence[Projection], targets: Sequence[Target]) -> None:
    """Index it; from now on nobody writes to it."""
    for target, projection in zip(targets, projections, strict=True):
        changes.finish(projection, target.generation, as_copy=True)


def ends(
    database: BatchDatabase, tenants: Sequence[Tenant], until: int | datetime | None
) -> list[tuple[UUID, int]]:
    """Where each tenant's log ends for a copy up to a position or time.

    Raises:
        NotPossible: a log doesn't reach the position.
    """
    found: list[tuple[UUID, int]] = []
    for tenant in tenants:
        head = tenant.position or 0
        if until is None:
            found.append((tenant.tenant_id, head))
        elif isinstance(until, datetime):
            found.append((tenant.tenant_id, _position_at(database, tenant.tenant_id, until)))
        elif until > head:
            raise NotPossible(f"the log of {tenant.tenant_id} ends at position {head}")
        else:
            found.append((tenant.tenant_id, until))
    return found


def _position_at(database: BatchDatabase, tenant_id: UUID, time: datetime) -> int:
    with database.transaction(tenant_id) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        parameters = {"tenant_id": tenant_id, "time": time}
        position: int | None = cursor.execute(SQL["position_at"], parameters).fetchone()
    return position or 0
