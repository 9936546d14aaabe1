"""A file that a command writes: there when it is whole, or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import rich_click as click


@contextmanager
def written(out: Path | None, *, option: str) -> Iterator[BinaryIO]:
    """A file that appears when it is complete and safe on disk; standard output where it is None.

    One that is there already is kept: that is wrong usage of `option`.
    """
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if out.exists():
        raise click.BadParameter(f"{out} is there already", param_hint=option)
    partial = out.with_name(f"{out.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(out)
    finally:
        partial.unlink(missing_ok=True)
