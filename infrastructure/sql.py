"""Named SQL queries, kept in `.sql` files beside the one module that uses them.

A file holds queries behind lines `-- name: <name>`; each is used as it stands, with parameters.
"""

import re
from importlib import resources

NAME_LINE = re.compile(rb"^-- name: (\w+)[ \t]*$", re.MULTILINE)


class Queries:
    """The queries of one file, read at first use: `Queries(__package__, "x.sql")["page"]`."""

    def __init__(self, package: str | None, filename: str) -> None:
        if package is None:
            raise ValueError("queries belong to a package")
        self._package = package
        self._filename = filename
        self._queries: dict[str, bytes] | None = None

    def __getitem__(self, name: str) -> bytes:
        if self._queries is None:
            self._queries = self._read()
        return self._queries[name]

    def __contains__(self, name: str) -> bool:
        if self._queries is None:
            self._queries = self._read()
        return name in self._queries

    def _read(self) -> dict[str, bytes]:
        text = (resources.files(self._package) / self._filename).read_bytes()
        _, *parts = NAME_LINE.split(text)
        return {
            name.decode(): query.strip()
            for name, query in zip(parts[::2], parts[1::2], strict=True)
        }
