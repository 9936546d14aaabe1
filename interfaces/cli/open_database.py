"""The database for a command that needs nothing else: the one in use, or started for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psycopg

from infrastructure.embedded import layout
from infrastructure.settings import Settings
from interfaces.cli import preflight
from interfaces.cli.engines import Engines
from interfaces.cli.preflight import CannotStart
from projections.engine import ledger
from projections.engine.alone import TABLES_LOST
from projections.engine.ledger import LedgerLost

LoadSettings = Callable[[], Settings]
"""Reads the settings; a command that needs none doesn't call it."""


class Addresses(NamedTuple):
    """Where the database answers."""

    app: str
    admin: str | None


@contextmanager
def reached(settings: Settings) -> Iterator[Addresses]:
    """The database's addresses. An embedded one that isn't running runs for as long as this.

    Raises:
        CannotStart: there is none, it can't be reached, or its schema is an older one.
    """
    with _reached(settings, make=False) as addresses:
        yield addresses


@contextmanager
def made(settings: Settings) -> Iterator[Addresses]:
    """The same, up to date; an embedded one that isn't there yet is made.

    Raises:
        CannotStart: it can't be reached.
    """
    with _reached(settings, make=True) as addresses:
        Engines(settings, valkey=False).migrate()
        yield addresses


@contextmanager
def _reached(settings: Settings, *, make: bool) -> Iterator[Addresses]:
    try:
        with _addresses(settings, make=make) as addresses, _told(addresses):
            yield addresses
    except TABLES_LOST as error:
        raise CannotStart("the database is not up to date: run `muniment migrate`") from error
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise CannotStart(f"the database can't be reached: {reason}") from error


@contextmanager
def _told(addresses: Addresses) -> Iterator[None]:
    """Where something was not there: whether that is what keeps account of the read models."""
    try:
        yield
    except TABLES_LOST:
        with psycopg.connect(addresses.app, autocommit=True) as connection:
            if ledger.is_kept_beside_a_log(connection):
                ledger.check(connection)
        raise


@contextmanager
def _addresses(settings: Settings, *, make: bool) -> Iterator[Addresses]:
    engines = Engines(settings, valkey=False)
    if any(engine.pid is None for engine in engines.embedded):
        with _running(settings, engines, make=make):
            yield Addresses(engines.database_url(), engines.admin_database_url())
    else:
        yield Addresses(engines.database_url(), engines.admin_database_url())


@contextmanager
def _running(settings: Settings, engines: Engines, *, make: bool) -> Iterator[None]:
    places = layout.Layout(settings.data_dir)
    if make:
        places.prepare()
    elif not places.postgres.exists():
        raise CannotStart(
            f"there is no database in {settings.data_dir}: start one with `muniment serve`, "
            "or set DATABASE_URL or MUNIMENT_DATA_DIR"
        )
    lock = preflight.DataLock(settings.data_dir)
    lock.take()
    try:
        engines.start(lambda: False)
        with suppress(LedgerLost):  # whoever can't work without it will say so, or make it again
            engines.migrate()
        yield
    finally:
        engines.stop()
        lock.release()
