"""The driver's errors as the library's, so that its applications know them."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg_pool
from eventsourcing import persistence

_TRANSLATIONS: tuple[tuple[type[psycopg.Error], type[persistence.PersistenceError]], ...] = (
    (psycopg.IntegrityError, persistence.IntegrityError),
    (psycopg.InterfaceError, persistence.InterfaceError),
    (psycopg.DataError, persistence.DataError),
    (psycopg.InternalError, persistence.InternalError),
    (psycopg.ProgrammingError, persistence.ProgrammingError),
    (psycopg.NotSupportedError, persistence.NotSupportedError),
    (psycopg.OperationalError, persistence.OperationalError),
    (psycopg.DatabaseError, persistence.DatabaseError),
    (psycopg.Error, persistence.PersistenceError),
)
_POOL_ERRORS = (psycopg_pool.PoolClosed, psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests)
_PASSING_STATES = {
    None,  # the connection is gone: the server had no word in it
    *("57P01", "57P02", "57P03"),  # the server is going down or coming up
    *("40001", "40P01"),  # serialisation failure, deadlock
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise the library's error where the driver raises its own."""
    try:
        yield
    except psycopg.Error as error:
        kind = next(theirs for ours, theirs in _TRANSLATIONS if isinstance(error, ours))
        raise kind(error.diag.message_primary or str(error)) from error


def is_passing(error: psycopg.OperationalError) -> bool:
    """Whether the same statement on a fresh connection may well succeed."""
    return not isinstance(error, _POOL_ERRORS) and error.sqlstate in _PASSING_STATES
