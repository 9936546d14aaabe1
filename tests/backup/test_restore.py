"""What was backed up comes back: the logs, the read models, the documents, and who may log in."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import psycopg
import pytest

from domain.ids import PLATFORM
from tests import servers as run_servers
from tests import stack as stacks
from tests.api import Account
from tests.backup.installations import environment, held, told, tried
from tests.servers import Database
from tests.stack import Stack

TEXT = "The harbour office of Ostrava keeps its registers behind the second blue door."
BROKER, OTHER_BROKER = 7, 8


class Kept:
    """One installation that was backed up three times, and what it held at the last."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.place = stack, folder / "backup"
        self.environment = environment(stack, stack.folder)
        self.account = stack.register("harbour")
        self.refresh_token = login(stack, self.account).json()["refresh_token"]
        self.documents = [stack.add_text(self.account, "Registers", TEXT)]
        stack.settled(self.account, self.documents[0])
        self.first = self.create()
        self.gone = self.register_user("gone@harbour.example")
        self.documents.append(stack.add_text(self.account, "Berths", TEXT[::-1]))
        stack.settled(self.account, self.documents[1])
        self.second = self.create()
        self.erase(self.gone)
        self.third = self.create()
        self.held = held(stack.database, without=PLATFORM)

    def create(self, *more: str) -> str:
        made: str = told(self.environment, "create", "--to", str(self.place), *more)["set_id"]
        return made

    def register_user(self, email: str) -> str:
        answer = self.stack.client.post(
            "/api/v1/users",
            headers=self.account.headers,
            json={"email": email, "password": "Correct-Horse-7", "role": "viewer"},
        )
        assert answer.status_code == 201, answer.text
        user_id: str = answer.json()["id"]
        return user_id

    def erase(self, user_id: str) -> None:
        answer = self.stack.client.delete(
            f"/api/v1/users/{user_id}", headers={**self.account.headers, "If-Match": "*"}
        )
        assert answer.status_code == 204, answer.text


@pytest.fixture(scope="module")
def kept(servers: run_servers.Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("kept")
    broker_url = stacks.broker_of(servers.valkey_url, BROKER)
    with (
        run_servers.fresh_database(servers) as fresh,
        stacks.running(fresh, broker_url, folder) as stack,
    ):
        yield Kept(stack, folder)


def login(stack: Stack, account: Account) -> httpx2.Response:
    body = {"email": account.email, "password": account.password, "tenant": account.slug}
    return stack.client.post("/api/v1/auth/login", json=body)


def refreshes(stack: Stack, token: str) -> int:
    body = {"refresh_token": token}
    return stack.client.post("/api/v1/auth/refresh", json=body).status_code


def test_a_full_set_and_those_behind_it_bring_everything_back_but_the_sessions(
    kept: Kept, elsewhere: Database, valkey_url: str, tmp_path: Path
) -> None:
    there = environment(kept.stack, tmp_path, elsewhere)
    there["REDIS_URL"] = stacks.broker_of(valkey_url, OTHER_BROKER)
    listed = told(there, "list", "--from", str(kept.place))
    assert [each["set_id"] for each in listed] == [kept.first, kept.second, kept.third]
    assert [each["full"] for each in listed] == [True, False, False]
    done = told(there, "restore", "--from", str(kept.place), "--yes")
    assert done["differing"] == []
    assert (done["compared"] >= 7, done["not_compared"]) == (True, 0)
    restored = held(elsewhere, without=PLATFORM)
    for name, rows in kept.held.items():
        assert restored[name] == rows, name
    refused = tried(there, "restore", "--from", str(kept.place), "--yes")
    assert refused[0] == 1
    assert "a restore takes an empty database" in refused[2]
    with stacks.running(
        elsewhere, there["REDIS_URL"], tmp_path, settings={"MUNIMENT_LIMITS": "off"}
    ) as other:
        old = other.client.get("/api/v1/auth/me", headers=kept.account.headers)
        assert old.status_code == 401
        assert refreshes(other, kept.refresh_token) == 401
        again = login(other, kept.account)
        assert again.status_code == 200
        assert refreshes(other, again.json()["refresh_token"]) == 200
        text = other.client.get(
            f"/api/v1/documents/{kept.documents[0]}/content",
            headers={"Authorization": f"Bearer {again.json()['access_token']}"},
        )
        assert text.text == TEXT


def test_who_was_erased_stays_so_whichever_set_is_restored(
    kept: Kept, elsewhere: Database, tmp_path: Path
) -> None:
    there = environment(kept.stack, tmp_path, elsewhere)
    asked = ("restore", "--from", str(kept.place), "--set", kept.second, "--yes")
    done = told(there, *asked)
    assert (done["erased_again"], done["differing"]) == (1, [])
    restored = held(elsewhere)
    keys = {str(person_id): there_is_one for _, person_id, there_is_one in restored["keys"]}
    assert keys[kept.gone] is False
    assert keys[kept.account.user_id] is True
    with psycopg.connect(elsewhere.admin_url) as connection:
        types = connection.execute(
            "SELECT type FROM log.events WHERE stream_id = %s ORDER BY version", [kept.gone]
        ).fetchall()
        rows = connection.execute(
            "SELECT count(*) FROM read.logins_v2 WHERE user_id = %s", [kept.gone]
        ).fetchone()
    assert types == [("login.registered",), ("login.erased",)]
    assert rows == (0,)
    held_by = {(scope, str(stream)) for scope, _, _, stream in restored["claims"]}
    assert ("login.email", kept.gone) not in held_by
    assert ("login.email", kept.account.user_id) in held_by


def test_a_log_is_restored_up_to_before_a_command_and_others_as_they_were(
    kept: Kept, elsewhere: Database, tmp_path: Path
) -> None:
    with psycopg.connect(kept.stack.database.admin_url) as connection:
        row = connection.execute(
            "SELECT tenant_id, position, digest, recorded_at FROM log.events "
            "WHERE type = 'document.added' ORDER BY position DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    tenant_id, position, _, recorded_at = row
    before = (recorded_at - timedelta(microseconds=1)).isoformat()
    there = environment(kept.stack, tmp_path, elsewhere)
    done = told(there, "restore", "--from", str(kept.place), "--until", before, "--yes")
    assert (done["set_id"], done["until"]) == (kept.second, before)
    with psycopg.connect(elsewhere.admin_url) as connection:
        head = connection.execute(
            "SELECT position, digest FROM log.heads WHERE tenant_id = %s", [tenant_id]
        ).fetchone()
        titles = connection.execute("SELECT title FROM read.documents_v1").fetchall()
    assert head is not None
    # Behind the cut stands the event that says again who was erased.
    assert head[0] == position - 1 + done["erased_again"]
    assert titles == [("Registers",)]


def test_finished_stages_are_not_done_again_and_the_others_go_on(
    kept: Kept, elsewhere: Database, tmp_path: Path
) -> None:
    there = environment(kept.stack, tmp_path, elsewhere)
    with psycopg.connect(kept.stack.database.admin_url) as connection:
        row = connection.execute(
            "SELECT tenant_id, position FROM log.events WHERE type = 'document.stage_completed' "
            "ORDER BY position LIMIT 1 OFFSET 2"
        ).fetchone()
    assert row is not None
    cut = ("--until", str(row[1]), "--tenant", str(row[0]))
    told(there, "restore", "--from", str(kept.place), *cut, "--yes")
    with psycopg.connect(elsewhere.admin_url) as connection:
        jobs = connection.execute(
            "SELECT j.argument, j.state, s.stages -> j.argument ->> 'status' "
            "FROM work.jobs j JOIN read.document_status_v1 s ON s.id = j.stream_id"
        ).fetchall()
    states = {argument: (state, status) for argument, state, status in jobs}
    assert states["INGESTION"] == ("done", "COMPLETED")
    assert sorted(state for state, _ in states.values()) == ["done"] * 3 + ["waiting"] * 2
    assert all((state == "done") == (status == "COMPLETED") for state, status in states.values())
