"""Log files that cannot fill the disk."""

import contextlib
import shutil
from pathlib import Path

FILE_BYTES_MAX = 10 * 2**20


def bound(directory: Path, bytes_max: int = FILE_BYTES_MAX) -> None:
    """Move what a too large log holds into its one predecessor, and let it begin anew.

    Its writers append, so they go on undisturbed; a line written in between may be lost.
    """
    for log in directory.glob("*.log"):
        with contextlib.suppress(OSError):
            if log.stat().st_size > bytes_max:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                log.with_suffix(".log.1").chmod(0o600)
                with log.open("r+b") as file:
                    file.truncate(0)
