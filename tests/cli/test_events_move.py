"""`muniment events export`, `import`, and `verify --file`."""

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from infrastructure.event_log import seals
from interfaces.cli import main
from tests.cli.installation import muniment
from tests.event_log import filled, transfers
from tests.servers import Database

ROOT = Path(__file__).parents[2]


def test_a_log_is_exported_verified_offline_and_imported(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database, "acme")
    path = tmp_path / "acme.muniment-log.zst"
    told = muniment(database, "events", "export", "--tenant", "acme", "--out", str(path))
    assert (told.exit_code, told.stdout) == ((0, f"7 events of {tenant} to position 7 in {path}\n"))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    offline = CliRunner(env={"DATABASE_URL": ""}).invoke(
        main.cli, ["events", "verify", "--file", str(path), "--json"]
    )
    assert json.loads(offline.stdout)["tenants"][0]["position"] == 7
    told = muniment(elsewhere, "events", "import", str(path), answer="y\n")
    assert told.exit_code == 0, told.output
    assert "7 events imported, position 7" in told.stdout
    assert transfers.kept(elsewhere) == transfers.kept(database)
    again = muniment(elsewhere, "events", "import", str(path), "--yes", "--json")
    assert json.loads(again.stdout)["events"] == 0


def test_nothing_is_imported_without_a_yes(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    path = transfers.exported(database, filled.filled(database), tmp_path / "log")
    assert muniment(elsewhere, "events", "import", str(path), answer="n\n").exit_code == 1
    assert transfers.kept(elsewhere)["heads"] == []


def test_a_file_of_another_installation_takes_its_keys(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    path = transfers.exported(database, tenant, tmp_path / "log", key=transfers.OTHER)
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(seals.key_set([transfers.OTHER.public])))
    refused = muniment(elsewhere, "events", "import", str(path), "--yes")
    assert (refused.exit_code, type(refused.exception).__name__) == (1, "Unfit")
    taken = muniment(elsewhere, "events", "import", str(path), "--yes", "--keys", str(keys))
    assert taken.exit_code == 0, taken.output


def test_an_export_never_replaces_a_file_and_leaves_no_half(
    database: Database, tmp_path: Path
) -> None:
    filled.filled(database, "acme")
    path = tmp_path / "log"
    path.write_text("mine")
    export = ("events", "export", "--tenant", "acme", "--out")
    assert muniment(database, *export, str(path)).exit_code == 2
    assert path.read_text() == "mine"
    beyond = muniment(database, *export, str(tmp_path / "new"), "--after", "8")
    assert beyond.exit_code == 1
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_an_export_goes_to_standard_output_in_a_pipe(database: Database, tmp_path: Path) -> None:
    filled.filled(database, "acme")
    told = muniment(database, "events", "export", "--tenant", "acme")
    path = tmp_path / "piped"
    path.write_bytes(told.stdout_bytes)
    assert len(transfers.lines(path)) == 10


def test_a_damaged_file_is_told_by_its_position(database: Database, tmp_path: Path) -> None:
    path = transfers.exported(database, filled.filled(database), tmp_path / "log")
    changed = [line.replace(b"Contracts", b"Contrapts") for line in transfers.lines(path)]
    damaged = str(transfers.write(tmp_path / "damaged", changed))
    told = CliRunner().invoke(main.cli, ["events", "verify", "--file", damaged])
    assert told.exit_code == 1
    assert "  position 1: changed: the event and its digest don't fit" in told.stdout.splitlines()
    both = CliRunner().invoke(main.cli, ["events", "verify", "--file", damaged, "--tenant", "x"])
    assert both.exit_code == 2


def test_a_file_is_verified_by_a_program_of_its_own(database: Database, tmp_path: Path) -> None:
    path = transfers.exported(database, filled.filled(database), tmp_path / "log")
    keys = tmp_path / "keys.json"
    for key, code in ((filled.KEY, 0), (transfers.OTHER, 1)):
        keys.write_text(json.dumps(seals.key_set([key.public])))
        program = [sys.executable, "-m", "infrastructure.event_log.log_file_verify"]
        done = subprocess.run(
            [*program, str(path), str(keys)], cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
        assert "the chain holds to position 7" in done.stdout
