"""A stream that can't be taken is found, mended and taken up, over HTTP and on the command line."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.ids import PLATFORM, TenantId
from tests.api import Account
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.http.problems import name, refused
from tests.platform.test_pausing import BASES, operate, read, write
from tests.projections_engine import histories
from tests.servers import Database
from tests.stack import Stack

LETTERS = "/api/v1/admin/dead-letters"


@contextmanager
def rewriting(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """What no application may: the log's bytes can be damaged, and mended."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER events_never_change")
        yield connection
        connection.execute("ALTER TABLE log.events ENABLE TRIGGER events_never_change")


def damage(database: Database, tenant_id: UUID | str, position: int) -> bytes:
    """Make an event unreadable; its bytes before."""
    of = [tenant_id, position]
    with rewriting(database) as connection:
        row = connection.execute(
            "SELECT data FROM log.events WHERE tenant_id = %s AND position = %s", of
        ).fetchone()
        connection.execute(
            "UPDATE log.events SET data = '7' WHERE tenant_id = %s AND position = %s", of
        )
    assert row is not None
    data: bytes = row[0]
    return data


def mend(database: Database, tenant_id: UUID | str, position: int, data: bytes) -> None:
    with rewriting(database) as connection:
        connection.execute(
            "UPDATE log.events SET data = %s WHERE tenant_id = %s AND position = %s",
            [data, tenant_id, position],
        )


def parked(stack: Stack, account: Account) -> tuple[dict[str, Any], bytes]:
    """The dead letter of a new knowledge base whose event was damaged, and its bytes before."""
    operate(stack, "pause", tenant_id=account.tenant_id)
    time.sleep(0.5)
    waiting = write(stack, account)
    position = int(waiting["X-Wait-For-Position"])
    # Those that aren't paused read it undamaged first.
    assert stack.client.get("/api/v1/watchlists?wait_ms=20000", headers=waiting).is_success
    whole = damage(stack.database, account.tenant_id, position)
    operate(stack, "resume", tenant_id=account.tenant_id)
    assert read(stack, waiting).is_success  # a parked stream holds nobody up
    address = f"{LETTERS}?tenant_id={account.tenant_id}&projection=knowledge_base_list"
    (letter,) = stack.client.get(address, headers=stack.administrator).json()["items"]
    return letter, whole


def test_a_dead_letter_is_retried_until_it_is_mended(stack: Stack) -> None:
    account = stack.register()
    letter, whole = parked(stack, account)
    one = f"{LETTERS}/{letter['dead_letter_id']}"
    assert (letter["failure"], letter["type"]) == ("Undecodable", "knowledge_base.created")
    assert (letter["attempts"], letter["tenant_id"]) == (1, account.tenant_id)
    again = stack.client.post(f"{one}/retry", headers=stack.administrator)
    assert again.json()["outcome"] == "parked_again"
    shown = stack.client.get(one, headers=stack.administrator).json()
    assert shown["attempts"] == 2
    mend(stack.database, account.tenant_id, letter["position"], whole)
    done = stack.client.post(f"{one}/retry", headers=stack.administrator)
    assert done.json()["outcome"] == "taken_in"
    assert len(stack.client.get(BASES, headers=account.headers).json()["items"]) == 1
    for request in ("GET", one), ("POST", f"{one}/retry"):
        answer = stack.client.request(*request, headers=stack.administrator)
        assert name(refused(answer, 404)) == "dead-letter-not-found"
    assert recorded(stack.database, letter) == ["dead_letter.retried"] * 2


def test_a_skipped_event_is_on_record_with_its_reason(stack: Stack) -> None:
    account = stack.register()
    letter, whole = parked(stack, account)
    one = f"{LETTERS}/{letter['dead_letter_id']}"
    reason = {"reason": " The file behind it is lost. "}
    done = stack.client.post(f"{one}/skip", headers=stack.administrator, json=reason)
    assert done.json()["outcome"] == "taken_in"
    assert stack.client.get(BASES, headers=account.headers).json()["items"] == []
    refused(stack.client.post(f"{one}/skip", headers=stack.administrator, json=reason), 404)
    mend(stack.database, account.tenant_id, letter["position"], whole)  # others rebuild this, too
    assert recorded(stack.database, letter) == ["dead_letter.skipped"]
    with psycopg.connect(stack.database.admin_url) as connection:
        row = connection.execute(
            "SELECT convert_from(data, 'UTF8')::json, actor FROM log.events WHERE stream_id = %s",
            [letter["dead_letter_id"]],
        ).fetchone()
    assert row is not None
    assert (row[0]["reason"], row[1]) == ("The file behind it is lost.", "platform:admin")


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 501])
def test_a_reason_is_one_line(stack: Stack, reason: str) -> None:
    answer = stack.client.post(
        f"{LETTERS}/{uuid4()}/skip", headers=stack.administrator, json={"reason": reason}
    )
    assert name(refused(answer, 422)) == "skip-reason-invalid"


def test_dead_letters_come_in_pages(database: Database) -> None:
    tenant = poisoned(database, 3)
    told = muniment(database, "projections", "dead-letters", "list", "--json")
    every = [letter["dead_letter_id"] for letter in json.loads(told.stdout)]
    assert every == sorted(every)
    assert len(every) == 12
    some = muniment(
        database, *("projections", "dead-letters", "list", "--json", "--limit", "2"),
        *("--projection", "document_list", "--tenant", str(tenant)),
    )  # fmt: skip
    assert {letter["projection"] for letter in json.loads(some.stdout)} == {"document_list"}
    assert len(json.loads(some.stdout)) == 2


def test_over_http_a_page_leads_to_the_next(stack: Stack) -> None:
    found = [parked(stack, stack.register()) for _ in range(3)]
    for letter, whole in found:
        mend(stack.database, letter["tenant_id"], letter["position"], whole)
    letters = {letter["dead_letter_id"] for letter, _ in found}
    seen: list[str] = []
    address = f"{LETTERS}?limit=2"
    while True:
        page = stack.client.get(address, headers=stack.administrator).json()
        seen += [letter["dead_letter_id"] for letter in page["items"]]
        if page["next_cursor"] is None:
            break
        address = f"{LETTERS}?limit=2&cursor={page['next_cursor']}"
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen))
    assert letters <= set(seen)
    nothing = stack.client.get(f"{LETTERS}?projection=%00", headers=stack.administrator)
    assert nothing.json() == {"items": [], "next_cursor": None}
    for cursor in ("x", "AAAAAAAAAAc", "%00"):
        answer = stack.client.get(f"{LETTERS}?cursor={cursor}", headers=stack.administrator)
        assert name(refused(answer, 422)) == "cursor-invalid"


def poisoned(database: Database, count: int) -> TenantId:
    """A tenant with events that no projection can read, each tried."""
    tenant = logs.tenant()
    steps = [(logs.stream(), [histories.ADDED]) for _ in range(count)]
    histories.write(database.app_url, tenant, steps)
    for position in range(1, count + 1):
        damage(database, tenant, position)
    histories.run(database.app_url, tenant)
    return tenant


def recorded(database: Database, letter: dict[str, Any]) -> list[str]:
    """What the platform's log has about a dead letter."""
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT type FROM log.events WHERE tenant_id = %s AND stream_id = %s ORDER BY version",
            [PLATFORM, letter["dead_letter_id"]],
        ).fetchall()
    return [row[0] for row in rows]
