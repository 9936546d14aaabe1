"""Clients over HTTP that write down what they were promised, each upload under its own key."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID, uuid4

import httpx2
import msgspec
import psycopg

from tests.api import Account
from tests.served import wait_until

CALLERS = 8
PAUSE_SECONDS = 0.02
NO_ANSWER_PAUSE_SECONDS = 0.5
TRIES_FOR_SECONDS = 60.0
TITLES = """
SELECT convert_from(data, 'UTF8')::jsonb->>'title', tenant_id, stream_id, position
  FROM log.events WHERE type = 'document.added'
"""


class Entry(msgspec.Struct, frozen=True):
    """One upload: its key, which is its title too, and what was answered, if anything was."""

    key: str
    account: Account
    id: str | None = None
    position: int | None = None


class HttpLedger:
    """Every upload that was sent, and what became of it."""

    def __init__(self, url: str, accounts: Sequence[Account]) -> None:
        self.url = url
        self.accounts = accounts
        self.entries: dict[str, Entry] = {}
        self.unknown_in_all = 0
        self.recorded_without_an_answer = 0

    @property
    def acknowledged(self) -> list[Entry]:
        return [entry for entry in list(self.entries.values()) if entry.id is not None]

    @property
    def unknown(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.id is None]

    @contextmanager
    def load(self) -> Iterator[None]:
        """Clients upload for as long as the block lasts, whatever happens to the server."""
        done = threading.Event()
        with ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(self._upload_until, done, number) for number in range(CALLERS)]
            try:
                yield
            finally:
                done.set()
        for caller in callers:
            caller.result()

    def wait_for(self, count: int) -> None:
        """Until so many uploads are acknowledged."""
        wait_until(lambda: len(self.acknowledged) >= count, TRIES_FOR_SECONDS)

    def settle(self, admin_url: str) -> None:
        """Send whatever is of unknown outcome again under its key, until it is answered."""
        held = self._held(admin_url)
        unknown = self.unknown
        self.unknown_in_all += len(unknown)
        self.recorded_without_an_answer += sum(entry.key in held for entry in unknown)
        with (
            httpx2.Client(base_url=self.url, timeout=30) as client,
            ThreadPoolExecutor(CALLERS) as pool,
        ):
            for entry in pool.map(lambda each: _answered(client, each), unknown):
                self.entries[entry.key] = entry

    def broken_promises(self, admin_url: str) -> list[str]:
        """Acknowledged uploads that the log does not hold once, just where it said; and others
        that it holds twice or that nobody sent."""
        held = self._held(admin_url)
        broken = []
        for entry in self.entries.values():
            found = held.get(entry.key, [])
            promised = (entry.account.tenant_id, entry.id, entry.position)
            if found != [promised] if entry.id else len(found) > 1:
                broken.append(f"{entry.key}: promised {promised}, held {found}")
        return broken + [f"{key}: held, never sent" for key in held.keys() - self.entries.keys()]

    def changed_answers(self, count: int) -> list[str]:
        """Of so many uploads that were answered: those whose key is now answered otherwise."""
        asked = random.Random(count).sample(  # noqa: S311 - any will do
            self.acknowledged, min(count, len(self.acknowledged))
        )
        with httpx2.Client(base_url=self.url, timeout=30) as client:
            return [entry.key for entry in asked if _answered(client, entry) != entry]

    def invisible(self) -> list[str]:
        """Acknowledged uploads that the list of documents does not show once it has caught up."""
        shown: set[str] = set()
        with httpx2.Client(base_url=self.url, timeout=60) as client:
            for account in self.accounts:
                mine = [each.position or 0 for each in self.acknowledged if each.account == account]
                shown |= _listed(client, account, max(mine, default=0))
        return [entry.key for entry in self.acknowledged if entry.id not in shown]

    def _upload_until(self, done: threading.Event, number: int) -> None:
        account = self.accounts[number % len(self.accounts)]
        with httpx2.Client(base_url=self.url, timeout=10) as client:
            while not done.is_set():
                entry = Entry(str(uuid4()), account)
                self.entries[entry.key] = entry
                try:
                    self.entries[entry.key] = _ask(client, entry)
                except httpx2.HTTPError:
                    done.wait(NO_ANSWER_PAUSE_SECONDS)
                done.wait(PAUSE_SECONDS)

    def _held(self, admin_url: str) -> dict[str, list[tuple[str, str, int]]]:
        held: dict[str, list[tuple[str, str, int]]] = {}
        with psycopg.connect(admin_url) as connection:
            for key, tenant, stream, position in connection.execute(TITLES).fetchall():
                held.setdefault(key, []).append((str(tenant), str(stream), position))
        return held


def _ask(client: httpx2.Client, entry: Entry) -> Entry:
    """The entry with its answer; without one where the server could not say what became of it.

    Raises:
        httpx2.HTTPError: there was no answer.
    """
    answer = client.post(
        "/api/v1/documents",
        headers={**entry.account.headers, "Idempotency-Key": entry.key},
        json={"title": entry.key, "text": "Invoices are kept for ten years."},
    )
    if answer.status_code == 202:
        told = answer.json()
        return msgspec.structs.replace(entry, id=str(UUID(told["id"])), position=told["position"])
    # Too early, or too late: nothing else is a good answer to a good request.
    assert answer.status_code in (409, 503), (answer.status_code, answer.text)
    return msgspec.structs.replace(entry, id=None, position=None)


def _answered(client: httpx2.Client, entry: Entry) -> Entry:
    """Ask until there is an answer."""
    deadline = time.monotonic() + TRIES_FOR_SECONDS
    while True:
        try:
            told = _ask(client, entry)
        except httpx2.HTTPError:
            told = entry if entry.id is None else msgspec.structs.replace(entry, id=None)
        if told.id is not None:
            return told
        assert time.monotonic() < deadline, f"{entry.key} is not answered"
        time.sleep(0.1)


def _listed(client: httpx2.Client, account: Account, position: int) -> set[str]:
    """The ids of all documents, once the list has those up to a position."""
    found: set[str] = set()
    cursor = ""
    deadline = time.monotonic() + TRIES_FOR_SECONDS
    headers = {**account.headers, "X-Wait-For-Position": str(position)}
    while True:
        answer = client.get(f"/api/v1/documents?limit=200&wait_ms=30000{cursor}", headers=headers)
        if answer.status_code == 503:
            assert time.monotonic() < deadline, answer.text
            continue
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found |= {item["id"] for item in page["items"]}
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
