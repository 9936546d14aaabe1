"""The registry of generations: which there are, and which one answers for whom."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection, sql
from psycopg.rows import args_row, scalar_row

from infrastructure.database import BatchDatabase
from infrastructure.sql import Queries
from projections.engine import generations
from projections.engine.projection import Projection

SQL = Queries(__package__, "registry.sql")

EVERYONE = UUID(int=0)
"""Stands in `read.serving` for every tenant without a row of its own."""
FOLLOWING = frozenset({"ready", "live", "standby"})
BEHIND = "MU001"
LOCK_WAIT = "1s"
"""How long a change of the registry waits for batches under way before it lets them pass."""
FINISH_LOCK_WAIT = "30s"
"""Nobody waits for the tables of a generation that is being filled, but autovacuum may be at one.
It gives way once somebody has waited for `deadlock_timeout`, 1 s unless set otherwise."""

PAUSE_SECONDS = 0.1

OnRecord = Callable[[Any], None]
AnyProjection = Projection | type[Projection]


class NotPossible(Exception):  # noqa: N818 - its message says why
    """The registry refuses; the message says why."""


class NotCaughtUp(NotPossible):
    """A generation is behind, or batches are under way: trying again is right."""


class TablesLost(NotPossible):
    """A read model's tables are gone, and making them takes a role that may act as the owner."""


class Generation(NamedTuple):
    """One row of `read.generations`."""

    generation: int
    projection: str
    version: int
    schema_name: str
    state: str
    for_tenant: UUID | None
    made_by: str
    made_at: datetime
    ready_at: datetime | None
    differences: int | None
    tables: list[str]
    scratch: bool


class Serving(NamedTuple):
    """One row of `read.serving`."""

    for_tenant: UUID
    projection: str
    version: int
    generation: int
    previous: int
    switched_by: str
    switched_at: datetime


class Registry:
    """Reads and changes the registry; each change is one transaction."""

    def __init__(self, database: BatchDatabase) -> None:
        self._database = database

    def every(self) -> list[Generation]:
        """Every generation that ever was, but the first of each projection."""
        with self._database.connection() as connection:
            return (
                connection.cursor(row_factory=args_row(Generation)).execute(SQL["every"]).fetchall()
            )

    def of(self, projection: AnyProjection, *states: str) -> list[Generation]:
        """Those of one projection in these states, oldest first."""
        return [
            each
            for each in self.every()
            if (each.projection, each.version) == (projection.name, projection.version)
            and each.state in states
        ]

    def serving(self) -> list[Serving]:
        """Which generation answers, where that is not the first."""
        with self._database.connection() as connection:
            return (
                connection.cursor(row_factory=args_row(Serving)).execute(SQL["serving"]).fetchall()
            )

    def answers(self, projection: AnyProjection, tenant_id: UUID = EVERYONE) -> int:
        """The generation that answers for a tenant, or for those without a row of their own."""
        found: int = self._one("serving_generation", {**_of(projection), "tenant_id": tenant_id})
        return found

    def lost(self, projection: AnyProjection, generation: int) -> list[str]:
        """The tables of a generation that are not there."""
        parameters = {
            "tables": list(projection.tables),
            "schema": generations.schema(generation),
        }
        with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            return cursor.execute(SQL["lost"], parameters).fetchall()

    def create(
        self,
        projection: AnyProjection,
        for_tenant: UUID | None,
        *,
        by: str,
        scratch: bool = False,
    ) -> int:
        """An empty generation, its tables made like those that answer.

        Raises:
            TablesLost: they are gone; see `create_as_owner`.
        """
        parameters = {
            **_of(projection),
            "tables": list(projection.tables),
            "for_tenant": for_tenant,
            "by": by,
            "scratch": scratch,
        }
        number: int = self._one("create", parameters)
        return number

    def finish(self, projection: AnyProjection, generation: int, *, as_copy: bool = False) -> None:
        """It is filled: make its indexes. It follows the log from now on; a copy never does."""
        parameters = {**_of(projection), "generation": generation, "as_copy": as_copy}
        self._one("finish", parameters, lock_wait=FINISH_LOCK_WAIT)

    def note_differences(
        self, projection: AnyProjection, generation: int, differences: int
    ) -> None:
        """Keep in how many rows it differs from the live one."""
        parameters = {"generation": generation, "differences": differences}
        self._one("note_differences", {**_of(projection), **parameters})

    def switch(
        self,
        projection: AnyProjection,
        generation: int,
        tenant_id: UUID | None,
        *,
        accept_differences: bool,
        by: str,
        on_record: OnRecord = lambda _previous: None,
    ) -> int:
        """Have it answer from now on; returns the one that answered before.

        `on_record` is told that one, between the change and its commit: a deed that can't be put
        on record is not done.

        Raises:
            NotPossible: it may not; the message says why.
            NotCaughtUp: not at this moment.
        """
        parameters = {
            "generation": generation,
            "tenant_id": tenant_id,
            "accept_differences": accept_differences,
            "by": by,
        }
        before: int = self._one("switch", {**_of(projection), **parameters}, on_record)
        return before

    def roll_back(
        self,
        projection: AnyProjection,
        tenant_id: UUID | None,
        *,
        by: str,
        on_record: OnRecord = lambda _back: None,
    ) -> int:
        """Have the one before answer again, and return it. As `switch`; `on_record` is told it."""
        parameters = {"tenant_id": tenant_id, "by": by}
        back: int = self._one("roll_back", {**_of(projection), **parameters}, on_record)
        return back

    def drop(
        self,
        projection: AnyProjection,
        generation: int,
        *,
        on_record: OnRecord = lambda _nothing: None,
    ) -> None:
        """Remove a generation that answers for nobody. As `switch`."""
        parameters = {"generation": generation, "tables": list(projection.tables)}
        self._one("drop", {**_of(projection), **parameters}, on_record)

    def _one(
        self,
        query: str,
        parameters: dict[str, Any],
        on_record: OnRecord | None = None,
        *,
        lock_wait: str = LOCK_WAIT,
    ) -> Any:
        try:
            with self._database.connection() as connection, connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [lock_wait])
                cursor = connection.cursor(row_factory=scalar_row)
                if on_record is not None:
                    connection.execute(SQL["alone"], parameters)
                answer = cursor.execute(SQL[query], parameters).fetchone()
                if on_record is not None:
                    on_record(answer)
                return answer
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            raise NotCaughtUp("batches are under way") from error
        except psycopg.errors.UndefinedTable as error:
            raise TablesLost(str(error.diag.message_primary)) from error
        except psycopg.errors.ObjectNotInPrerequisiteState as error:
            raise NotPossible(str(error.diag.message_primary)) from error
        except psycopg.errors.ConfigurationLimitExceeded as error:
            raise NotPossible(str(error.diag.message_primary)) from error
        except psycopg.Error as error:
            if error.sqlstate == BEHIND:
                raise NotCaughtUp(str(error.diag.message_primary)) from error
            raise


def create_as_owner(
    admin_url: str,
    projection: AnyProjection,
    for_tenant: UUID | None,
    *,
    by: str,
    scratch: bool = False,
) -> int:
    """An empty generation, its tables made by the projection's own `create`, whatever is lost.

    Args:
        admin_url: a role that may act as `muniment_owner`.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SET LOCAL ROLE muniment_owner")
        cursor = connection.cursor(row_factory=scalar_row)
        parameters = {
            **_of(projection),
            "tables": list(projection.tables),
            "for_tenant": for_tenant,
            "by": by,
            "scratch": scratch,
        }
        number = cursor.execute(SQL["open"], parameters).fetchone()
        if number is None:
            raise NotPossible("no generation was opened")
        make_tables(connection, projection, generations.schema(number), number)
        return int(number)


def make_tables(
    connection: Connection[Any], projection: AnyProjection, schema: str, generation: int
) -> None:
    """The tables of a projection in an empty schema, by its own definition; indexes come later.

    Args:
        connection: in a transaction, as the owner.
    """
    generations.enter(connection, schema)
    connection.execute(projection.queries["create"])
    cursor = connection.cursor(row_factory=scalar_row)
    for table in projection.tables:
        named = {"table": f"{schema}.{table}", "schema": schema}
        connection.execute(SQL["protect"], named)
        connection.execute(
            SQL["keep_indexes"], {**_of(projection), **named, "generation": generation}
        )
        for index in cursor.execute(SQL["secondary_indexes"], named).fetchall():
            connection.execute(sql.SQL("DROP INDEX {}").format(_identifier(index)))


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def _of(projection: AnyProjection) -> dict[str, Any]:
    return {"projection": projection.name, "version": projection.version}


def rebuildable(projections: Sequence[Projection]) -> list[Projection]:
    """Those that are read models: what has no tables has side effects, which never fire again."""
    return [each for each in projections if each.tables]


def insist(change: Callable[[], Any], *, seconds: float = 30.0) -> Any:
    """Do a change of the registry, again and again while batches under way keep it from happening.

    Raises:
        NotCaughtUp: not within that time.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return change()
        except NotCaughtUp:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE_SECONDS)
