"""CSV as readable lines, each of which can stand alone as a passage."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

from application.documents.analysis import Unextractable
from infrastructure.documents import decoding
from infrastructure.documents.extract import output

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 20
_CELL_CHARACTERS_MAX = 1_000_000
_COLUMNS_MAX = 10_000
_NAME_CHARACTERS_MAX = 100


def text(data: bytes) -> str:
    """One line a row: `Name: value; Name: value` below a header, `value | value` without one.

    Naming the columns in each row is what lets a single retrieved row answer a question.

    Raises:
        Unextractable: `csv_broken`, `text_encoding`, `text_nul_characters`, `text_too_large`.
    """
    content = decoding.decode(data)
    csv.field_size_limit(_CELL_CHARACTERS_MAX)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=_delimiter(content))
    lines = output.Lines()
    try:
        for line in _lines(_cells(rows)):
            lines.add(line + "\n")
    except csv.Error as error:
        raise Unextractable(
            "csv_broken",
            f"The table cannot be read near line {rows.line_num}: {error}. Mend it, "
            "most often a missing closing quote, and add it again.",
        ) from error
    return lines.text()


def _cells(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Rows that hold anything, with one line a cell."""
    for row in rows:
        if len(row) > _COLUMNS_MAX:
            raise Unextractable(
                "csv_broken", f"A row has more than {_COLUMNS_MAX:,} columns. Split the table."
            )
        cells = [" ".join(cell.split()) for cell in row]
        if any(cells):
            yield cells


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    first = next(rows, None)
    if first is None:
        return
    second = next(rows, None)
    yield _plain(first)
    if second is None:
        return
    named = _is_header(first, second)
    for row in itertools.chain([second], rows):
        yield _named(first, row) if named else _plain(row)


def _plain(row: Sequence[str]) -> str:
    return " | ".join(cell for cell in row if cell)


def _named(header: Sequence[str], row: Sequence[str]) -> str:
    named = [f"{name}: {cell}" for name, cell in zip(header, row, strict=False) if cell]
    return "; ".join(named + [cell for cell in row[len(header) :] if cell])


def _is_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """A header names every column once, in words, and the row below fills some of them."""
    return (
        len(first) > 1
        and len(set(first)) == len(first)
        and all(
            cell and not cell[0].isdigit() and len(cell) <= _NAME_CHARACTERS_MAX for cell in first
        )
        and len(second) <= len(first)
    )


def _delimiter(content: str) -> str:
    """The character that cuts the first lines into the same number (> 1) of cells most often.

    The standard library's Sniffer is not used: its expressions take quadratic time on some texts.
    """
    sample = content[: 64 * 1024].splitlines()[:_SAMPLE_LINES]

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        wide = [width for width in widths if width > 1]
        common = max(set(wide), key=wide.count, default=0)
        return wide.count(common), common

    try:
        return max(_DELIMITERS, key=agreement)
    except csv.Error:
        return ","
