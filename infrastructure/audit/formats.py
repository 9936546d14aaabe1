"""The formats of exports, by their names."""

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from infrastructure.audit import parquet
from infrastructure.audit.cef import Cef
from infrastructure.audit.csv_records import CsvRecords
from infrastructure.audit.jsonl import JsonLines
from infrastructure.audit.ocsf import Ocsf
from infrastructure.audit.parquet import Parquet
from infrastructure.audit.writer import Writer


class Kind(NamedTuple):
    """What a file of a format is called."""

    media_type: str
    suffix: str


KINDS: Final[dict[str, Kind]] = {
    "jsonl": Kind("application/x-ndjson", "jsonl"),
    "csv": Kind("text/csv", "csv"),
    "parquet": Kind("application/vnd.apache.parquet", "parquet"),
    "cef": Kind("text/plain", "cef"),
    "ocsf": Kind("application/x-ndjson", "ocsf.jsonl"),
}


_WRITERS: Final[dict[str, Callable[[UUID], Writer]]] = {
    "jsonl": JsonLines,
    "csv": CsvRecords,
    "parquet": Parquet,
    "cef": Cef,
    "ocsf": Ocsf,
}


def check(format_: str) -> None:
    """Whether files of a format can be made here.

    Raises:
        FormatUnavailable: it takes a package that is not installed.
    """
    if format_ == "parquet":
        parquet.library()


def writer(format_: str, tenant_id: UUID) -> Writer:
    """A new file of a format.

    Raises:
        FormatUnavailable: it takes a package that is not installed.
    """
    return _WRITERS[format_](tenant_id)
