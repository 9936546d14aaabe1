"""The master key is changed and keys move with a tenant, and nobody comes back by either."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault
from interfaces.cli import main
from tests import vaults
from tests.cli import installation
from tests.event_log import transfers
from tests.servers import Database
from tests.vault import people

NEXT = "the next text that wraps the keys of persons in tests"


def muniment(database: Database, *arguments: str, key: str, before: str = "") -> Result:
    own = {"MUNIMENT_VAULT_KEY": key, "MUNIMENT_VAULT_KEYS_BEFORE": before}
    return CliRunner(env=installation.environment(database) | own).invoke(main.cli, arguments)


def test_after_wrapping_anew_the_earlier_master_key_is_needed_no_more(database: Database) -> None:
    one, two = people.registered(database), people.registered(database)
    gone = people.registered(database, one.tenant_id)
    people.erase(database, gone)
    told = muniment(database, "vault", "rewrap", key=NEXT, before=vaults.SECRET)
    assert (told.exit_code, told.output) == (0, "2 keys wrapped anew\n")
    again = muniment(database, "vault", "rewrap", "--json", key=NEXT)
    assert json.loads(again.output) == {"keys": 0}
    alone = Vault(MasterKeys(NEXT))
    for person in (one, two):
        [found] = people.history(database, person, person.user_id, alone)
        assert found.event == people.REGISTERED
    [session] = people.history(database, gone, gone.session_id, alone)
    assert people.ADDRESS not in repr(session)


def test_without_the_earlier_master_key_nothing_is_wrapped_anew(database: Database) -> None:
    person = people.registered(database)
    told = muniment(database, "vault", "rewrap", key=NEXT)
    assert told.exit_code == 1
    [found] = people.history(database, person, person.user_id)
    assert found.event == people.REGISTERED


def moved(database: Database, elsewhere: Database, person: people.Person, path: Path) -> Result:
    """Export the keys here, import them there."""
    tenant = str(person.tenant_id)
    arguments = ("vault", "export", "--tenant", tenant, "--out", str(path))
    told = muniment(database, *arguments, key=vaults.SECRET)
    assert told.exit_code == 0, told.output
    return muniment(elsewhere, "vault", "import", str(path), key=NEXT, before=vaults.SECRET)


def test_keys_move_beside_their_log(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    person = people.registered(database)
    gone = people.registered(database, person.tenant_id)
    log = transfers.exported(database, person.tenant_id, tmp_path / "log")
    people.erase(database, gone)
    path = tmp_path / "keys.json"
    told = moved(database, elsewhere, person, path)
    assert (told.exit_code, told.output) == (0, f"1 keys of {person.tenant_id} taken in\n")
    assert path.stat().st_mode & 0o077 == 0
    transfers.imported(elsewhere, log)
    alone = Vault(MasterKeys(NEXT))
    [found] = people.history(elsewhere, person, person.user_id, alone)
    assert found.event == people.REGISTERED
    [erased] = people.history(elsewhere, gone, gone.session_id, alone)
    assert people.ADDRESS not in repr(erased)
    again = muniment(elsewhere, "vault", "import", str(path), key=NEXT, before=vaults.SECRET)
    assert (again.exit_code, again.output) == (0, f"0 keys of {person.tenant_id} taken in\n")


def test_an_older_file_of_keys_brings_nobody_back(database: Database, tmp_path: Path) -> None:
    person = people.registered(database)
    path = tmp_path / "keys.json"
    tenant = str(person.tenant_id)
    arguments = ("vault", "export", "--tenant", tenant, "--out", str(path))
    assert muniment(database, *arguments, key=vaults.SECRET).exit_code == 0
    people.erase(database, person)
    told = muniment(database, "vault", "import", str(path), key=vaults.SECRET)
    assert (told.exit_code, told.output) == (0, f"0 keys of {tenant} taken in\n")
    [session] = people.history(database, person, person.session_id)
    assert people.ADDRESS not in repr(session)
    second = muniment(database, *arguments, key=vaults.SECRET)
    assert second.exit_code == 2


@pytest.mark.parametrize("content", [
    "", "{}", "[]", '{"format":"x","tenant_id":"0192f000-0000-7000-8000-000000000001","keys":[]}',
    '{"format":"muniment-person-keys-1","tenant_id":"1","keys":[]}', "[" * 100_000,
])  # fmt: skip
def test_what_is_no_file_of_keys_is_refused(
    database: Database, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    told = muniment(database, "vault", "import", str(path), key=vaults.SECRET)
    assert told.exit_code == 1


def test_a_key_that_can_not_be_unwrapped_or_is_another_is_refused(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    person = people.registered(database)
    path = tmp_path / "keys.json"
    arguments = ("vault", "export", "--tenant", str(person.tenant_id), "--out", str(path))
    assert muniment(database, *arguments, key=vaults.SECRET).exit_code == 0
    assert muniment(elsewhere, "vault", "import", str(path), key=NEXT).exit_code == 1
    people.append(elsewhere, person.tenant_id, person.session_id, 0, [person.started])
    told = muniment(elsewhere, "vault", "import", str(path), key=vaults.SECRET)
    assert told.exit_code == 1
    file = json.loads(path.read_text())
    file["keys"][0]["person_id"] = str(person.session_id)
    path.write_text(json.dumps(file))
    assert muniment(elsewhere, "vault", "import", str(path), key=vaults.SECRET).exit_code == 1
