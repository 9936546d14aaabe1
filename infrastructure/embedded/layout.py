"""Where things lie below the data directory, and which of them the engines own."""

import hashlib
import os
import secrets
import socket
import stat
import tempfile
from pathlib import Path

import msgspec

from infrastructure.embedded import account, errors

_PRIVATE = 0o700
_PASSABLE = 0o711


class Layout(msgspec.Struct, frozen=True):
    """The data directory. `root` is absolute."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def postgres_password(self) -> Path:
        return self.root / "postgres.password"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def log(self) -> Path:
        return self.root / "log"

    def prepare(self) -> None:
        """Make the directories. Raises EmbeddedEngineError where that is impossible."""
        lent = account.borrowed()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(_PRIVATE if lent is None else _PASSABLE)
            self.log.mkdir(mode=_PRIVATE, exist_ok=True)
            probe = _probe(self.root)
            probe.touch()
            probe.unlink()
            account.open_way(self.root / "any", lent)
        except OSError as error:
            raise unwritable(self.root, error) from error

    def socket_dir(self) -> Path:
        """A private directory for unix sockets: below the data directory where that is possible.

        A socket's path may have about 100 bytes, and some file systems hold no sockets at all;
        then a directory below the system's temporary one takes over, named for this one.
        """
        lent = account.borrowed()
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"muniment-{os.geteuid()}-{digest}"
        for candidate in (self.root / "run", short):
            _make_private(candidate, lent)
            if _holds_sockets(candidate):
                return candidate
        raise errors.EmbeddedEngineError(f"no unix socket can be made in {short}")


def unwritable(path: Path, error: OSError) -> errors.EmbeddedEngineError:
    """One line for a directory that cannot be used."""
    return errors.EmbeddedEngineError(
        f"the data directory {path} is not writable: {error.strerror or error}"
    )


def _make_private(path: Path, lent: account.Account | None) -> None:
    """Make the directory, or refuse one that somebody else prepared for us."""
    try:
        path.mkdir(mode=_PRIVATE, exist_ok=True)
        found = path.lstat()
        owners = {os.geteuid()} | ({lent.uid} if lent else set())
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
            raise errors.EmbeddedEngineError(f"{path} belongs to somebody else: remove it")
        path.chmod(_PRIVATE)
        account.give(path, lent)
    except OSError as error:
        raise unwritable(path, error) from error


def _holds_sockets(path: Path) -> bool:
    """Whether a name as long as the longest in use (.s.PGSQL.5432) can be bound here."""
    probe = _probe(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(probe))
        except OSError:
            return False
        finally:
            probe.unlink(missing_ok=True)
    return True


def _probe(directory: Path) -> Path:
    """A name of this call's own: both engines look at the same directories at the same time."""
    return directory / f".probe-{secrets.token_hex(4)}"
