"""Generations that answered before a switch, and that nobody has gone back to for days."""

from collections.abc import Callable, Iterable
from functools import partial

from psycopg.rows import args_row

from infrastructure.database import BatchDatabase
from infrastructure.sql import Queries
from projections.engine import reading
from projections.engine.generations import Key
from projections.engine.projection import Projection
from projections.engine.registry import NotPossible, Registry

SQL = Queries(__package__, "standbys.sql")


def long_ago(
    database: BatchDatabase, projections: Iterable[type[Projection]], *, days: int
) -> list[Key]:
    """Those that have answered for nobody since so many days, counted from the last switch."""
    names = reading.names((each.name, each.version) for each in projections)
    with database.connection() as connection:
        cursor = connection.cursor(row_factory=args_row(Key))
        return cursor.execute(SQL["long_ago"], {**names, "days": days}).fetchall()


def drop(
    database: BatchDatabase,
    projection: type[Projection],
    key: Key,
    *,
    days: int,
    on_record: Callable[[], None],
) -> None:
    """Remove one; `on_record` is called between the change and its commit.

    Raises:
        NotPossible: somebody went back to it meanwhile, or batches are under way.
    """
    look = partial(long_ago, database, [projection], days=days)

    def still(_nothing: object) -> None:
        if key not in look():
            raise NotPossible(f"generation {key.generation} of {key.projection} was switched to")
        on_record()

    Registry(database).drop(projection, key.generation, on_record=still)
