"""Secrets of a development machine, generated once and kept in its data directory."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from infrastructure import private_file
from infrastructure.settings_error import SettingsError

_FILE = "secrets.json"
_DIRECTORY = "MUNIMENT_DATA_DIR"
_BYTES = 48


def keep(data_dir: Path, names: Sequence[str]) -> dict[str, str]:
    """The kept value of each name, generating those that are missing.

    Processes that start at the same moment agree on one value. The file is the owner's alone.
    """
    kept_in = path(data_dir)
    try:
        data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
        with _locked(data_dir):
            known = _read(kept_in)
            missing = [name for name in names if name not in known]
            if missing:
                known |= {name: secrets.token_urlsafe(_BYTES) for name in missing}
                text = msgspec.json.format(msgspec.json.encode(known)).decode()
                private_file.replace(kept_in, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(_DIRECTORY, f"must be a writable directory: {reason}") from error
    return known


def path(data_dir: Path) -> Path:
    """The file they are kept in."""
    return data_dir / _FILE


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise SettingsError(str(path), "is damaged: restore it from a backup") from error
