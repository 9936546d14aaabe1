"""A rebuild as the tests run it, and the tables of two generations side by side."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from infrastructure.database import BatchDatabase
from projections.engine import generations
from projections.engine.projection import Projection
from projections.engine.rebuild import Built, Rebuild
from projections.engine.registry import Registry
from projections.engine.tasks import Alone, Workshop
from tests.projections_engine import histories
from tests.vaults import VAULT


def read_models() -> list[Projection]:
    return [each for each in histories.every() if each.tables]


@contextmanager
def batches(app_url: str) -> Iterator[BatchDatabase]:
    database = BatchDatabase(app_url, size_max=20)
    database.open()
    try:
        yield database
    finally:
        database.close()


def alone(database: BatchDatabase, projections: Sequence[Projection]) -> Alone:
    """A crew of one."""
    return Alone(Workshop(database, projections, VAULT))


def rebuild(
    database: BatchDatabase,
    projections: Sequence[Projection] | None = None,
    for_tenant: UUID | None = None,
    *,
    compare: bool = True,
) -> Built:
    """Fill, finish and compare new generations of these read models."""
    chosen = list(projections or read_models())
    run = Rebuild(database, alone(database, chosen), by="a test")
    built = run.begin(chosen, for_tenant)
    run.fill(built, for_tenant, lambda _count: None)
    run.finish(built, chosen)
    if compare:
        run.compare(built, chosen, for_tenant, lambda _count: None)
    return built


def switch(database: BatchDatabase, built: Built, *, accept: bool = False) -> None:
    """Have all of them answer."""
    by_name = {each.name: each for each in read_models()}
    for target in built.targets:
        projection = by_name[target.projection]
        Registry(database).switch(
            projection, target.generation, None, accept_differences=accept, by="a test"
        )


def contents(admin_url: str, schema: str, tenant_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row of a tenant in the tables of a schema, or of a generation, whole."""
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            r" WHERE table_schema = %s AND table_name LIKE '%%\_v1'",
            [schema],
        ).fetchall()
        return {
            each["table_name"]: connection.execute(
                f"SELECT * FROM {schema}.{each['table_name']}"  # noqa: S608 - names, no input
                " WHERE tenant_id = %s ORDER BY 1, 2",
                [tenant_id],
            ).fetchall()
            for each in tables
        }


def same_rows(admin_url: str, built: Built, tenant_id: UUID) -> None:
    """The new tables hold what the live ones hold."""
    live = contents(admin_url, "read", tenant_id)
    for target in built.targets:
        made = contents(admin_url, generations.schema(target.generation), tenant_id)
        assert made
        assert made == {table: live[table] for table in made}
