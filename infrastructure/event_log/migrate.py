"""Bring a database's schema up to date: plain SQL migrations, each run once, under one lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import psycopg
import yoyo

MIGRATION_LOCK = 0x6D756E696D656E74  # "muniment": the key of the advisory lock


def migrate(admin_url: str) -> list[str]:
    """Apply what is missing and return the names applied, in order.

    Any number of processes may call this at once: one works, the others wait for it.

    Args:
        admin_url: a role that may create roles, schemas and the `vector` extension.
    """
    with _lock(admin_url), _backend(admin_url) as backend:
        missing = backend.to_apply(_migrations())
        backend.apply_migrations(missing)
        return [migration.id for migration in missing]


def roll_back(admin_url: str, *, count: int) -> list[str]:
    """Undo the last `count` migrations and return their names, last first. Their data is lost."""
    with _lock(admin_url), _backend(admin_url) as backend:
        applied = backend.to_rollback(_migrations())[:count]
        backend.rollback_migrations(applied)
        return [migration.id for migration in applied]


def missing(admin_url: str) -> list[str]:
    """Names of the migrations not yet applied."""
    with _backend(admin_url) as backend:
        return [migration.id for migration in backend.to_apply(_migrations())]


def known() -> list[str]:
    """Names of all migrations of this release, in order."""
    return [migration.id for migration in _migrations()]


def _migrations() -> yoyo.migrations.MigrationList:
    with resources.as_file(resources.files("infrastructure.event_log") / "migrations") as folder:
        return yoyo.read_migrations(str(folder))


@contextmanager
def _backend(admin_url: str) -> Iterator[yoyo.backends.DatabaseBackend]:
    scheme, _, rest = admin_url.partition("://")
    backend = yoyo.get_backend(f"{scheme.partition('+')[0]}+psycopg://{rest}")
    try:
        yield backend
    finally:
        backend.connection.close()


@contextmanager
def _lock(admin_url: str) -> Iterator[None]:
    """An advisory lock of its own connection: a process that dies lets go of it."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        yield
