"""`muniment projections pause|resume|dead-letters …` as a person runs it."""

import getpass
import json
from uuid import uuid4

import psycopg

from domain.ids import PLATFORM
from interfaces.cli import main
from tests.cli.installation import muniment
from tests.event_log import filled
from tests.platform.test_dead_letters import mend, poisoned
from tests.projections_engine import histories
from tests.servers import Database


def deeds(database: Database) -> list[tuple[str, str]]:
    """What stands in the platform's log, and who did it."""
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(
            "SELECT type, actor FROM log.events WHERE tenant_id = %s ORDER BY position", [PLATFORM]
        ).fetchall()


def test_a_projection_is_paused_and_resumed_by_its_name(database: Database) -> None:
    filled.filled(database, "acme")
    done = muniment(database, "projections", "pause", "document_list", "--tenant", "acme")
    assert done.exit_code == 0, done.output
    assert done.stdout == "document_list is paused for acme\n"
    done = muniment(database, "projections", "resume", "document_list", "--json")
    assert json.loads(done.stdout) == {"projection": "document_list", "tenant": None, "position": 2}
    who = f"cli:{getpass.getuser()}"
    assert deeds(database) == [("projection.paused", who), ("projection.resumed", who)]


def test_names_that_are_none_are_wrong_usage_and_told(database: Database) -> None:
    told = muniment(database, "projections", "pause", "documents")
    assert told.exit_code == 2
    assert "there is no projection 'documents'" in told.stderr
    assert "document_status" in told.stderr
    told = muniment(database, "projections", "pause", "document_list", "--tenant", "nobody")
    assert told.exit_code == 2
    assert muniment(database, "projections", "dead-letters", "show", "seven").exit_code == 2
    assert deeds(database) == []


def test_a_dead_letter_is_shown_retried_and_skipped(database: Database) -> None:
    tenant = poisoned(database, 1)
    listed = muniment(database, "projections", "dead-letters", "list")
    assert len(listed.stdout.splitlines()) == 4
    line = next(line for line in listed.stdout.splitlines() if "document_list v1" in line)
    dead_letter_id = line.split()[0]
    assert "event 1 (document.added)" in line
    shown = muniment(database, "projections", "dead-letters", "show", dead_letter_id)
    assert "Undecodable" in shown.stdout
    again = muniment(database, "projections", "dead-letters", "retry", dead_letter_id)
    assert again.exit_code == 1
    assert "failed again" in again.stderr
    skip = ("projections", "dead-letters", "skip", dead_letter_id, "--reason", "Beyond repair.")
    assert muniment(database, *skip, answer="n\n").exit_code == 1
    assert muniment(database, *skip, "--json").exit_code == 2
    done = muniment(database, *skip, "--yes", "--json")
    assert json.loads(done.stdout)["outcome"] == "taken_in"
    assert [type_ for type_, _ in deeds(database)] == ["dead_letter.retried", "dead_letter.skipped"]
    assert not histories.contents(database.admin_url, tenant)["read.documents_v1"]


def test_a_mended_dead_letter_is_taken_in(database: Database) -> None:
    whole = b'{"title":"A","content":{"sha256":"ab","size":1,"media_type":"text/plain"}}'
    tenant = poisoned(database, 1)
    mend(database, tenant, 1, whole)
    listed = muniment(database, "projections", "dead-letters", "list", "--json")
    for letter in json.loads(listed.stdout):
        retry = ("projections", "dead-letters", "retry", letter["dead_letter_id"])
        assert muniment(database, *retry).exit_code == 0
    listed = muniment(database, "projections", "dead-letters", "list")
    assert listed.stdout == "no dead letters\n"
    assert len(histories.contents(database.admin_url, tenant)["read.documents_v1"]) == 1


def test_a_dead_letter_that_is_none_is_told_in_one_line(database: Database) -> None:
    told = muniment(database, "projections", "dead-letters", "retry", str(uuid4()))
    assert isinstance(told.exception, main._known_errors())
    assert str(told.exception).startswith("There is no such dead letter")
    assert deeds(database) == []


def test_a_pause_and_a_skip_outlast_the_loss_of_every_table_that_tells_of_them(
    database: Database,
) -> None:
    poisoned(database, 1)
    assert muniment(database, "projections", "pause", "watchlist_list").exit_code == 0
    listed = muniment(database, "projections", "dead-letters", "list", "--json")
    for letter in json.loads(listed.stdout):
        skip = ("projections", "dead-letters", "skip", letter["dead_letter_id"], "--reason", "Lost")
        assert muniment(database, *skip, "--yes").exit_code == 0
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("TRUNCATE read.pauses, read.skipped_events")
        connection.execute("DROP TABLE read.documents_v1, read.document_status_v1")
    these = ("--projection", "document_list", "--projection", "document_status")
    told = muniment(database, "replay", *these, "--dry-run")
    assert told.exit_code == 1
    assert told.stdout.startswith("1 pauses and 4 skipped events are not as the platform's log")
    replayed = muniment(
        database, "replay", *these, "--yes"
    )  # fails where the event is not passed over
    assert replayed.exit_code == 0, replayed.output
    line = "1 pauses and 4 skipped events are again as the platform's log says\n"
    assert replayed.stdout.startswith(line)
    assert muniment(database, "replay", *these, "--dry-run").exit_code == 0
    with psycopg.connect(database.admin_url) as connection:
        paused = connection.execute("SELECT projection FROM read.pauses").fetchall()
    assert paused == [("watchlist_list",)]
