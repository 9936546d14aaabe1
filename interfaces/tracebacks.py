"""Errors for the log: what failed and where, without the values that were in hand."""

import traceback
from collections.abc import Iterator
from types import TracebackType

import psycopg

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

_QUOTES_VALUES = ("22",)
"""Classes of SQLSTATE whose messages quote the value that was wrong: data exceptions."""


def render(exc_info: ExcInfo) -> str:
    """The traceback of an error and of those it came from.

    An error of the database tells its SQLSTATE and the names of table and constraint. What it
    says besides (DETAIL: Failing row contains …) holds personal data and stays out.
    """
    return "\n".join(_lines(exc_info[1]))


def _lines(error: BaseException) -> Iterator[str]:
    if error.__cause__ is not None:
        yield from _lines(error.__cause__)
        yield "\nThat was the cause of:\n"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _lines(error.__context__)
        yield "\nWhile that was handled, there came:\n"
    yield "Traceback (most recent call last):"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_message(error)}"
    if isinstance(error, BaseExceptionGroup):
        for number, each in enumerate(error.exceptions, start=1):
            yield f"\n{number} of {len(error.exceptions)}:\n"
            yield from _lines(each)


def _message(error: BaseException) -> str:
    if not isinstance(error, psycopg.Error):
        return str(error)
    told = error.diag
    if told.sqlstate is None:  # the server did not say it, so there are no rows in it
        return str(error).partition("\n")[0]
    quotes_values = told.sqlstate[:2] in _QUOTES_VALUES
    parts = [told.sqlstate, "" if quotes_values else told.message_primary]
    parts += [told.schema_name, told.table_name, told.column_name, told.constraint_name]
    return " ".join(part for part in parts if part)
