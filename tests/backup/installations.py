"""Installations with backups: the command as a child process, and what a database holds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from click.testing import CliRunner, Result

from domain.ids import TenantId
from domain.logins.events import LoginRegistered
from infrastructure.blobs import BlobStore
from interfaces.cli import main
from tests.cli import installation
from tests.event_log import filled, logs
from tests.servers import Database
from tests.stack import Stack

ROOT = Path(__file__).parents[2]
KEY = "the secret text that encrypts the backups of tests"
ADDRESS = "ada.of.the.small.log@harbour.example"
BLOB = b"A sentence that stands in a blob, and in no file of a backup."
LOGS = {
    "heads": "SELECT tenant_id, position, digest FROM log.heads",
    "events": "SELECT tenant_id, position, digest, data, metadata FROM log.events",
    "commands": "SELECT tenant_id, command_id, fingerprint, last_position FROM log.commands",
    "claims": "SELECT scope, key, tenant_id, stream_id FROM log.claims",
    "seals": "SELECT tenant_id, position, digest, key_id, signature FROM log.seals",
    "keys": "SELECT tenant_id, person_id, erased_at IS NULL FROM vault.person_keys",
}


def environment(
    stack: Stack, folder: Path, database: Database | None = None, **more: str
) -> dict[str, str]:
    """The settings of an installation with the secrets of the stack's."""
    database = database or stack.database
    return {
        **stack.environment,
        "DATABASE_URL": database.app_url,
        "MUNIMENT_ADMIN_DATABASE_URL": database.admin_url,
        "MUNIMENT_DATA_DIR": str(folder),
        "MUNIMENT_BACKUP_KEY": KEY,
        **more,
    }


def start(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """`muniment backup …`, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli.main", "backup", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tried(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """`muniment backup …`: exit code, output, errors."""
    process = start(environment, *arguments)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def told(environment: dict[str, str], *arguments: str) -> Any:
    """The same with --json, which must succeed: what it tells."""
    code, out, err = tried(environment, *arguments, "--json")
    assert code == 0, out + err
    return json.loads(out)


def held(database: Database, *, without: UUID | None = None) -> dict[str, list[Any]]:
    """Logs and what goes with them, in a fixed order; one tenant may be left out."""
    found: dict[str, list[Any]] = {}
    with psycopg.connect(database.admin_url) as connection:
        for name, query in LOGS.items():
            rows = connection.execute(query.encode()).fetchall()
            found[name] = sorted(row for row in rows if without not in row)
    return found


def files(folder: Path) -> list[Path]:
    """Every file of a backup."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def alone(database: Database, folder: Path, **more: str) -> dict[str, str]:
    """The settings of an installation without any process of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        **installation.environment(database),
        "MUNIMENT_DATA_DIR": str(folder / "data"),
        "MUNIMENT_BACKUP_KEY": KEY,
        "MUNIMENT_BACKUP_URL": (folder / "backup").as_uri(),
        **more,
    }


def inside(environment: dict[str, str], *arguments: str) -> Result:
    """`muniment backup …` in this process: quicker than one of its own."""
    return CliRunner(env=environment).invoke(main.cli, ["backup", *arguments])


def small(database: Database, folder: Path) -> TenantId:
    """A tenant with a log that is sealed, a person with a key, and a blob."""
    tenant = logs.tenant()
    person = logs.stream()
    registered = LoginRegistered(
        email=ADDRESS, password_hash="hash", display_name="Ada Example", role="viewer"
    )
    filled.fill(database, tenant, [logs.command()])
    logs.with_store(
        database.app_url,
        lambda store: store.append(tenant, logs.command(person, events=[registered])),
    )
    filled.seal(database)
    BlobStore((folder / "data" / "blobs").as_uri()).put_now(tenant, BLOB)
    return tenant
