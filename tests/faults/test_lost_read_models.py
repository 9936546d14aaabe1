"""Every read table is dropped while people read and write; one command brings them back."""

import contextlib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests import stack as stacks
from tests.servers import Database
from tests.stack import Account, Stack

BROKER_NUMBER = 7
TEXT = "Invoice {number} of the archive in Lyon is kept for ten years."
LOSE = """
DO $$
DECLARE lost record;
BEGIN
  FOR lost IN SELECT schemaname, tablename FROM pg_tables
               WHERE schemaname ~ '^read' AND tablename ~ '_v[0-9]+$' LOOP
    EXECUTE format('DROP TABLE %I.%I', lost.schemaname, lost.tablename);
  END LOOP;
END
$$
"""

LOSE_ALL = "DROP SCHEMA read CASCADE"


@pytest.fixture
def stack(database: Database, valkey_url: str, tmp_path: Path) -> Iterator[Stack]:
    broker_url = stacks.broker_of(valkey_url, BROKER_NUMBER)
    with stacks.running(database, broker_url, tmp_path) as running:
        yield running


class People:
    """One who writes documents and one who reads them, without a pause."""

    def __init__(self, stack: Stack, account: Account) -> None:
        self._url, self._account = stack.url, account
        self.ended = threading.Event()
        self.written: list[str] = []
        self.answers: Counter[tuple[int, str]] = Counter()

    def write(self) -> None:
        with self._client() as client:
            while not self.ended.is_set():
                number = len(self.written)
                body = {"title": f"Invoice {number}", "text": TEXT.format(number=number)}
                answer = client.post("/api/v1/documents", json=body)
                self._count(answer)
                if answer.status_code == 202:
                    self.written.append(answer.json()["id"])
                time.sleep(0.1)

    def read(self) -> None:
        with self._client() as client:
            while not self.ended.is_set():
                self._count(client.get("/api/v1/documents?limit=5"))
                self._count(client.post("/api/v1/search", json={"query": "Lyon"}))
                time.sleep(0.01)

    def _client(self) -> contextlib.AbstractContextManager[httpx2.Client]:
        return httpx2.Client(base_url=self._url, headers=self._account.headers, timeout=30.0)

    def _count(self, answer: httpx2.Response) -> None:
        problem = answer.json().get("type", "") if answer.is_error else ""
        self.answers[answer.status_code, problem] += 1


def replay(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **stack.environment,
        "MUNIMENT_ADMIN_DATABASE_URL": stack.database.admin_url,
    }
    return subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", "replay", *arguments],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(database: Database, query: str) -> list[Any]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query.encode()).fetchall()


def listed(stack: Stack, account: Account) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = stack.client.get(f"/api/v1/documents?limit=200{cursor}", headers=account.headers)
        assert page.status_code == 200, page.text
        found += [item["id"] for item in page.json()["items"]]
        if not page.json()["next_cursor"]:
            return found
        cursor = f"&cursor={page.json()['next_cursor']}"


@pytest.mark.parametrize("loss", [LOSE, pytest.param(LOSE_ALL, marks=pytest.mark.slow)])
def test_read_tables_dropped_under_load_come_back_by_one_command(
    stack: Stack, database: Database, loss: str
) -> None:
    account = stack.register()
    people = People(stack, account)
    threads = [threading.Thread(target=each) for each in (people.write, people.read)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(2)
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            connection.execute(loss.encode())
        time.sleep(2)
        result = replay(stack, "--yes")
        assert result.returncode == 0, result.stderr
        before = Counter(people.answers)
        time.sleep(1)
        after = people.answers - before
    finally:
        people.ended.set()
        for thread in threads:
            thread.join(30)
    lost = (503, "urn:muniment:problem:read-model-lost")
    # Who reads several tables at the moment of the loss may be the one that a deadlock ends.
    unavailable = (503, "urn:muniment:problem:unavailable")
    assert lost in people.answers
    assert set(people.answers) <= {(200, ""), (202, ""), lost, unavailable}
    assert set(after) <= {(200, ""), (202, "")}
    for document_id in people.written:
        assert stack.settled(account, document_id)["overall"] == "COMPLETED"
    assert sorted(listed(stack, account)) == sorted(people.written)
    done_twice = rows(
        database,
        "SELECT stream_id, type, convert_from(data, 'UTF8')::jsonb ->> 'stage', count(*)"
        "  FROM log.events WHERE type = 'document.stage_completed'"
        " GROUP BY 1, 2, 3 HAVING count(*) > 1",
    )
    assert done_twice == []
    assert rows(database, "SELECT * FROM log.events WHERE type = 'document.stage_failed'") == []
    assert rows(database, "SELECT * FROM read.parked_streams") == []
    assert replay(stack, "--dry-run").returncode == 0
