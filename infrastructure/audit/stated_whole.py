"""Reads exports that hold too little to prove events one by one: CEF and OCSF. Needs no database.

They are proven as a whole, by what the manifest in their last line says of the bytes before it.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

from infrastructure.audit import cef, ocsf
from infrastructure.audit.manifest import Manifest
from infrastructure.audit.stated import read_manifest, refuse
from infrastructure.audit.stated_lines import lines

BEGINS: Final = (cef.BEGINS, ocsf.BEGINS)


class WholeFile:
    """One file, read at once line by line."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            Unfit: it does not end with a manifest.
        """
        content, before = sha256(), b""
        self.lines = -1
        with path.open("rb") as file:
            for _, octets in lines(file):
                content.update(before)
                before = octets
                self.lines += 1
        format_ = cef if before.startswith(cef.BEGINS) else ocsf
        told = format_.manifest_of(before)
        if told is None:
            refuse("end", "the file ends before its manifest: its tail is gone")
        self.manifest: Manifest = read_manifest(told, "the last line", before, format_.trailer)
        self.content_sha256 = content.digest()
