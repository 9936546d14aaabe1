"""`muniment events …` as a person runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from infrastructure.event_log import seals
from infrastructure.event_log.seals import SealKey
from tests.cli import installation
from tests.cli.installation import muniment
from tests.event_log import filled, logs, tamper
from tests.servers import Database


def test_the_command_proves_every_log_and_says_so(database: Database) -> None:
    filled.filled(database, "acme")
    other = filled.filled(database)
    filled.seal(database)
    result = muniment(database, "events", "verify")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert any(line.endswith("(acme): intact to position 7, sealed to 7") for line in lines)
    assert f"{other}: intact to position 7, sealed to 7" in lines
    assert lines[-1].startswith("14 events of 2 tenants in ")
    assert lines[-1].endswith(": all intact")


def test_the_command_names_tenant_and_position(database: Database) -> None:
    filled.filled(database, "acme")
    bad = filled.filled(database, "bolt")
    with filled.tampering(database) as connection:
        tamper.change("data", 3)(connection, bad)
    result = muniment(database, "events", "verify")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    place = lines.index(f"{bad} (bolt): NOT INTACT")
    assert lines[place + 1].startswith("  position 3: changed: the event and its digest don't fit")
    assert lines[-1].endswith(": 1 not intact")
    assert muniment(database, "events", "verify", "--tenant", "acme").exit_code == 0
    told = muniment(database, "events", "verify", "--tenant", str(bad), "--json")
    assert told.exit_code == 1
    document = json.loads(told.stdout)
    assert (document["intact"], document["tenants"][0]["slug"]) == (False, "bolt")
    assert document["tenants"][0]["findings"][0]["position"] == 3


def test_wrong_usage_is_told_from_a_broken_log(database: Database, tmp_path: Path) -> None:
    assert muniment(database, "events", "verify", "--tenant", "nobody").exit_code == 2
    no_keys = tmp_path / "keys.json"
    no_keys.write_text("{}")
    assert muniment(database, "events", "verify", "--keys", str(no_keys)).exit_code == 2


def test_keys_kept_elsewhere_are_trusted_and_no_others(database: Database, tmp_path: Path) -> None:
    filled.filled(database)
    filled.seal(database)
    keys = tmp_path / "keys.json"
    for key, code in ((filled.KEY, 0), (SealKey("another secret text than that one"), 1)):
        keys.write_text(json.dumps(seals.key_set([key.public])))
        assert muniment(database, "events", "verify", "--keys", str(keys)).exit_code == code


def test_the_last_events_are_shown(database: Database) -> None:
    tenant = filled.filled(database, "acme")
    told = muniment(database, "events", "tail", "--tenant", "acme", "-n", "2")
    assert [line.split()[0] for line in told.stdout.splitlines()] == ["6", "7"]
    told = muniment(database, "events", "tail", "--tenant", str(tenant), "--json")
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert [event["position"] for event in events] == list(range(1, 8))
    assert events[1]["data"] == {"name": "Ýmir \0", "description": ""}


def test_an_event_or_a_stream_is_shown_with_all_that_is_known(database: Database) -> None:
    filled.filled(database, "acme")
    told = muniment(database, "events", "show", "--tenant", "acme", "2")
    assert told.stdout.startswith("position 2: knowledge_base.created (schema 1)\n")
    one = json.loads(muniment(database, "events", "show", "--tenant", "acme", "2", "--json").stdout)
    shown = muniment(database, "events", "show", "--tenant", "acme", one[0]["stream_id"], "--json")
    assert [event["position"] for event in json.loads(shown.stdout)] == [2, 3, 7]
    none = (("99", 1), ("0", 1), (str(logs.stream()), 1), ("nonsense", 2), ("9" * 30, 2))
    for unknown, code in none:
        result = muniment(database, "events", "show", "--tenant", "acme", unknown)
        assert (result.exit_code, result.stdout) == (code, "")


def test_events_to_come_are_followed_until_interrupted(database: Database) -> None:
    tenant = filled.filled(database, "acme")
    program = [sys.executable, "-m", "interfaces.cli.main", "events", "tail", "--tenant", "acme"]
    with subprocess.Popen(
        [*program, "--follow", "-n", "1"],
        cwd=Path(__file__).parents[2],
        env=os.environ | installation.environment(database),
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        try:
            assert following.stdout is not None
            assert following.stdout.readline().split()[0] == "7"
            filled.more(database, tenant, 2)
            assert [following.stdout.readline().split()[0] for _ in range(2)] == ["8", "9"]
            following.send_signal(signal.SIGINT)
            assert following.wait(10) == 0
        finally:
            following.kill()  # else leaving the block would wait for ever
