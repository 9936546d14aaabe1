"""Who the engines run as. PostgreSQL refuses to run as root, so root lends them an own account."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import msgspec

from infrastructure.embedded import errors

NAME = "muniment"
_MAKERS = (
    ("useradd", "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin"),
    ("adduser", "-S", "-D", "-H"),
)


class Account(msgspec.Struct, frozen=True):
    """The ids an engine's process takes."""

    uid: int
    gid: int


def borrowed() -> Account | None:
    """The account that root lends to the engines; None where the present user runs them.

    The account is made on first use.
    """
    if os.geteuid() != 0:
        return None
    entry = _lookup()
    for maker in _MAKERS:
        if entry is None and shutil.which(maker[0]):
            # Another process may make it first: what counts is that it is there afterwards.
            subprocess.run([*maker, NAME], check=False, capture_output=True)  # noqa: S603 - fixed words
            entry = _lookup()
    if entry is None:
        raise errors.EmbeddedEngineError(
            f"PostgreSQL does not run as root and the account {NAME!r} cannot be made; "
            "run as an ordinary user"
        )
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def give(path: Path, account: Account | None) -> None:
    """Hand a file or directory over to the account, if one is borrowed."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def open_way(path: Path, account: Account | None) -> None:
    """Let the account pass through the directories above `path`, without letting it list them."""
    if account is None:
        return
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH and parent.stat().st_uid != account.uid:
            parent.chmod(mode | stat.S_IXOTH)


def open_program(root: Path, account: Account | None) -> None:
    """Let the account read and run an installed program, whatever umask it was installed under."""
    if account is None:
        return
    open_way(root, account)
    for path in (root, *root.rglob("*")):
        mode = path.lstat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted and not stat.S_ISLNK(mode):
            path.chmod(wanted)


def _lookup() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None
