"""Whatever of a backup is changed or missing is found before anything is written."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault
from tests import servers as run_servers
from tests import vaults
from tests.backup.installations import ADDRESS, BLOB, KEY, alone, files, inside, small
from tests.event_log import filled
from tests.servers import Database


@pytest.fixture(scope="module")
def backed_up(
    servers: run_servers.Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A full set and one behind it, below `backup`."""
    folder = tmp_path_factory.mktemp("backed-up")
    with run_servers.fresh_database(servers) as database:
        tenant = small(database, folder)
        for number in range(2):
            filled.more(database, tenant, number + 1)
            made = inside(alone(database, folder), "create")
            assert made.exit_code == 0, made.output
        yield folder


@pytest.fixture
def copy(backed_up: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    shutil.copytree(backed_up / "backup", tmp_path / "backup")
    return tmp_path / "backup"


def refused(elsewhere: Database, copy: Path, **more: str) -> str:
    """What a restore says; it must have written nothing."""
    tried = inside(alone(elsewhere, copy.parent, **more), "restore", "--yes")
    assert tried.exit_code == 1, tried.output
    with psycopg.connect(elsewhere.admin_url) as connection:
        written = connection.execute(
            "SELECT (SELECT count(*) FROM log.heads), (SELECT count(*) FROM log.restores), "
            "(SELECT count(*) FROM vault.person_keys)"
        ).fetchone()
    assert written == (0, 0, 0)
    return f"{type(tried.exception).__name__}: {tried.exception}"


@pytest.mark.parametrize("kind", ["manifest", "log-", "outside", "blobs", "models", "blob"])
@pytest.mark.parametrize("damage", ["changed", "cut", "missing"])
def test_damage_of_any_file_is_found(
    elsewhere: Database, copy: Path, kind: str, damage: str
) -> None:
    chosen = [
        path
        for path in files(copy)
        if (path.name.startswith(kind) and "sets" in path.parts)
        or (kind == "blob" and "sets" not in path.parts)
    ]
    oldest = min(chosen, key=lambda path: path.stat().st_mtime_ns)
    octets = oldest.read_bytes()
    middle = len(octets) // 2
    if damage == "changed":
        changed = bytes([octets[middle] ^ 1])
        oldest.write_bytes(octets[:middle] + changed + octets[middle + 1 :])
    elif damage == "cut":
        oldest.write_bytes(octets[:-1])
    else:
        oldest.unlink()
    assert "BackupDamaged" in refused(elsewhere, copy)


def test_files_that_change_places_are_found(elsewhere: Database, copy: Path) -> None:
    one, other = sorted(path for path in files(copy) if path.name == "outside")
    octets = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(octets)
    assert "BackupDamaged" in refused(elsewhere, copy)


def test_another_key_opens_nothing(elsewhere: Database, copy: Path) -> None:
    told = refused(elsewhere, copy, MUNIMENT_BACKUP_KEY=KEY + ".")
    assert "MUNIMENT_BACKUP_KEY is another one" in told


@pytest.mark.parametrize(
    "name", ["MUNIMENT_PASSWORD_PEPPER", "MUNIMENT_LOOKUP_KEY", "MUNIMENT_VAULT_KEY"]
)
def test_a_restore_without_the_secrets_of_the_installation_is_refused(
    elsewhere: Database, copy: Path, name: str
) -> None:
    told = refused(elsewhere, copy, **{name: "a text that is not the one that it was"})
    assert name in told
    assert "must be the one that the backup was made with" in told


def test_a_master_key_from_before_will_do(elsewhere: Database, copy: Path) -> None:
    keys = {
        "MUNIMENT_VAULT_KEY": "a new text that wraps the keys of persons",
        "MUNIMENT_VAULT_KEYS_BEFORE": vaults.SECRET,
    }
    done = inside(alone(elsewhere, copy.parent, **keys), "restore", "--yes")
    assert done.exit_code == 0, done.output + str(done.exception)
    with psycopg.connect(elsewhere.admin_url) as connection:
        rows = connection.execute(
            "SELECT tenant_id, person_id, wrapped_key, master_key_id FROM vault.person_keys"
        ).fetchall()
    vault = Vault(MasterKeys(keys["MUNIMENT_VAULT_KEY"]))
    assert [len(vault.opened(tenant_id, [tuple(row)])) for tenant_id, *row in rows] == [1]


def test_nothing_stands_in_clear_in_any_file_or_name(backed_up: Path) -> None:
    place = backed_up / "backup"
    written = b"".join(path.read_bytes() for path in files(place))
    names = " ".join(str(path.relative_to(place)) for path in files(place))
    settings = alone(Database("", "", ""), backed_up)
    known = [ADDRESS, "Ada Example", "knowledge_base.created", BLOB.decode(), "wrapped_key"]
    secrets = [
        text for name, text in settings.items() if name.endswith(("_KEY", "SECRET", "PEPPER"))
    ]
    assert len(secrets) == 6
    for text in known + secrets:
        assert text.encode() not in written, text
        assert text not in names, text


def test_there_is_no_backup_without_a_key(tmp_path: Path) -> None:
    settings = alone(Database("", "postgresql://a/b", "postgresql://a/b"), tmp_path)
    safe = {
        name: f"{number}-Zm9yIHByb2R1Y3Rpb24gYWxvbmUgYW5kIG5v-{number}"
        for number, name in enumerate(settings)
        if name.endswith(("_KEY", "SECRET", "PEPPER", "TOKEN"))
    }
    production = {**settings, **safe, "MUNIMENT_ENVIRONMENT": "production"}
    tried = inside({**production, "MUNIMENT_BACKUP_KEY": ""}, "list")
    assert tried.exit_code == 1
    assert str(tried.exception).startswith("MUNIMENT_BACKUP_KEY must be set"), tried.exception
