"""What was backed up comes back: the logs, the read models, the documents, and who may log in."""

from collections.abc import Iterator
from pathlib import Path

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


def logs_in(stack: Stack, account: Account) -> int:
    body = {"email": account.email, "password": account.password, "tenant": account.slug}
    return stack.client.post("/api/v1/auth/login", json=body).status_code


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
    again = tried(there, "restore", "--from", str(kept.place), "--yes")
    assert again[0] == 1
    assert "a restore takes an empty database" in again[2]
    with stacks.running(
        elsewhere, there["REDIS_URL"], tmp_path, settings={"MUNIMENT_LIMITS": "off"}
    ) as other:
        old = other.client.get("/api/v1/auth/me", headers=kept.account.headers)
        assert old.status_code == 401
        assert logs_in(other, kept.account) == 200
