"""`muniment audit export` and `muniment audit verify`, as an auditor and an operator run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure.event_log import seals
from tests.audit import exports, long_logs
from tests.cli.installation import muniment
from tests.event_log import filled
from tests.servers import Database


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The published keys, kept by an auditor."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(seals.key_set([filled.KEY.public])))
    return path


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet", "cef", "ocsf"])
def test_what_is_exported_proves_itself(
    database: Database, tmp_path: Path, keys: Path, format_: str
) -> None:
    tenant, file = filled.filled(database, "one"), tmp_path / "log"
    filled.seal(database)
    arguments = ["--tenant", "one", "--format", format_, "--output", str(file), "--json"]
    told = muniment(database, "audit", "export", *arguments)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["events"] == 8
    proven = muniment(database, "audit", "verify", str(file), "--keys", str(keys), "--json")
    found = json.loads(proven.stdout)
    assert (proven.exit_code, found["intact"], found["position"]) == (0, True, 8)
    assert found["trusted_keys"] is True
    (started,) = long_logs.recorded(database.admin_url, tenant, "audit.export_started")
    (ended,) = long_logs.recorded(database.admin_url, tenant, "audit.export_ended")
    assert (started["format"], ended["outcome"], ended["events"]) == (format_, "finished", 8)


def test_an_export_can_go_to_standard_output(database: Database) -> None:
    tenant = filled.filled(database)
    done = muniment(database, "audit", "export", "--tenant", str(tenant), "--output", "-")
    assert done.exit_code == 0
    *events, manifest = exports.objects(done.stdout.encode())
    assert [event["position"] for event in events] == list(range(1, 9))
    assert (manifest["exported_by"], manifest["to"]) == ("platform:cli", 8)


def test_the_rest_of_an_export_continues_the_file(database: Database, tmp_path: Path) -> None:
    tenant = str(filled.filled(database))
    first, rest, both = (tmp_path / name for name in ("first", "rest", "both"))
    muniment(database, "audit", "export", "--tenant", tenant, "--until", "5", "-o", str(first))
    muniment(database, "audit", "export", "--tenant", tenant, "--after", "5", "-o", str(rest))
    both.write_bytes(first.read_bytes() + rest.read_bytes())
    told = muniment(database, "audit", "verify", str(both))
    assert told.exit_code == 0, told.output
    assert "intact, 10 events, 1 to 10" in told.stdout
    assert "give --keys" in told.stdout


def test_a_change_is_named_and_the_command_fails(database: Database, tmp_path: Path) -> None:
    tenant, file = filled.filled(database), tmp_path / "log"
    muniment(database, "audit", "export", "--tenant", str(tenant), "-o", str(file))
    file.write_bytes(file.read_bytes().replace(b'"actor":"user:test"', b'"actor":"user:tset"', 3))
    done = muniment(database, "audit", "verify", str(file))
    assert done.exit_code == 1
    assert "NOT INTACT" in done.stdout
    assert "position 1: changed" in done.stdout


def test_the_verifier_is_a_program_of_its_own(
    database: Database, tmp_path: Path, keys: Path
) -> None:
    tenant, file = filled.filled(database), tmp_path / "log"
    muniment(database, "audit", "export", "--tenant", str(tenant), "-o", str(file))
    program = [sys.executable, "-m", "infrastructure.audit.verify"]
    done = subprocess.run([*program, file, keys], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "proven to position 8" in done.stdout
    file.write_bytes(file.read_bytes()[:-2])
    done = subprocess.run([*program, file, keys], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert subprocess.run(program, check=False, capture_output=True).returncode == 2


def test_what_is_no_export_is_told(database: Database, tmp_path: Path) -> None:
    for content in (b"", b"\0" * 100, b"{}\n", b"line,tenant_id,\n", b"PAR1", b"CEF:0|Muniment|\n"):
        file = tmp_path / "log"
        file.write_bytes(content)
        done = muniment(database, "audit", "verify", str(file))
        assert done.exit_code == 1, content
        assert "Traceback" not in done.output


def test_a_range_that_is_not_there_is_refused_and_leaves_no_file(
    database: Database, tmp_path: Path
) -> None:
    tenant, file = filled.filled(database), tmp_path / "log"
    arguments = ["--tenant", str(tenant), "--after", "99", "-o", str(file)]
    done = muniment(database, "audit", "export", *arguments)
    assert done.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept(database: Database, tmp_path: Path) -> None:
    tenant, file = filled.filled(database), tmp_path / "log"
    file.write_text("mine")
    done = muniment(database, "audit", "export", "--tenant", str(tenant), "-o", str(file))
    assert done.exit_code == 2
    assert file.read_text() == "mine"
    assert long_logs.recorded(database.admin_url, tenant, "audit.export_started") == []
