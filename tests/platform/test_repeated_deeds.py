"""What an administrator asks for again under the same key is done once, and is done."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from domain.ids import PLATFORM
from tests.api import Account
from tests.http.problems import name, refused
from tests.platform.test_dead_letters import LETTERS, mend, parked
from tests.platform.test_rebuilding import compared
from tests.stack import Stack

DEEDS = "/api/v1/admin/projections/document_list"
SERVING = "SELECT generation FROM read.serving WHERE projection = 'document_list'"

UNDO = """
UPDATE read.serving SET generation = previous, previous = generation
 WHERE projection = 'document_list'
"""


def send(stack: Stack, url: str, key: str, **body: Any) -> httpx2.Response:
    headers = {**stack.administrator, "Idempotency-Key": key}
    return stack.client.post(url, headers=headers, json=body)


def twice(stack: Stack, url: str, **body: Any) -> tuple[str, dict[str, Any]]:
    """Send a request and send it again: its key, and what both are answered with."""
    key = str(uuid4())
    first, again = (send(stack, url, key, **body) for _ in range(2))
    assert first.is_success, first.text
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["x-event-position"] == first.headers["x-event-position"]
    answer: dict[str, Any] = first.json()
    return key, answer


def rows(stack: Stack, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database.admin_url) as connection:
        cursor = connection.execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def head(stack: Stack) -> int:
    found = rows(stack, "SELECT position FROM log.heads WHERE tenant_id = %s", [PLATFORM])
    return int(found[0][0]) if found else 0


def since(stack: Stack, position: int) -> list[str]:
    """What administrators did behind a position, by its types; a worker tells what it finished."""
    query = (
        "SELECT type FROM log.events WHERE tenant_id = %s AND position > %s"
        " AND actor = 'platform:admin' AND type <> 'projection.rebuild_finished' ORDER BY position"
    )
    return [type_ for (type_,) in rows(stack, query, [PLATFORM, position])]


def paused(stack: Stack, account: Account) -> bool:
    query = "SELECT 1 FROM read.pauses WHERE projection = 'document_list' AND for_tenant = %s"
    return bool(rows(stack, query, [account.tenant_id]))


def test_a_pause_sent_again_neither_pauses_twice_nor_overrules_a_resumption(stack: Stack) -> None:
    account = stack.register()
    before = head(stack)
    pause, _ = twice(stack, f"{DEEDS}/pause", tenant_id=account.tenant_id)
    assert paused(stack, account)
    twice(stack, f"{DEEDS}/resume", tenant_id=account.tenant_id)
    assert send(stack, f"{DEEDS}/pause", pause, tenant_id=account.tenant_id).is_success
    assert not paused(stack, account)
    assert since(stack, before) == ["projection.paused", "projection.resumed"]
    other = send(stack, f"{DEEDS}/pause", pause)
    assert name(refused(other, 422)) == "command-reused"


def test_a_pause_that_was_recorded_and_not_done_is_made_good(stack: Stack) -> None:
    account = stack.register()
    key, _ = twice(stack, f"{DEEDS}/pause", tenant_id=account.tenant_id)
    # As if the process had died behind the record.
    rows(stack, "DELETE FROM read.pauses WHERE for_tenant = %s", [account.tenant_id])
    assert send(stack, f"{DEEDS}/pause", key, tenant_id=account.tenant_id).is_success
    assert paused(stack, account)
    twice(stack, f"{DEEDS}/resume", tenant_id=account.tenant_id)


def test_a_rebuild_a_switch_and_a_rollback_sent_again_are_one_of_each(stack: Stack) -> None:
    before = head(stack)
    _, built = twice(stack, f"{DEEDS}/rebuild")
    generation = built["generation"]
    compared(stack, generation)
    switch, switched = twice(
        stack, f"{DEEDS}/switch", generation=generation, accept_differences=True
    )
    # As if the process had died before the change was committed.
    rows(stack, UNDO)
    again = send(stack, f"{DEEDS}/switch", switch, generation=generation, accept_differences=True)
    assert again.json() == switched
    assert rows(stack, SERVING) == [(generation,)]
    _, back = twice(stack, f"{DEEDS}/rollback")
    assert (back["generation"], back["previous"]) == (switched["previous"], generation)
    again = send(stack, f"{DEEDS}/switch", switch, generation=generation, accept_differences=True)
    assert again.json() == switched  # what it recorded; it was overruled since
    assert rows(stack, SERVING) == [(back["generation"],)]
    assert since(stack, before) == [
        "projection.rebuild_started",
        "projection.switched",
        "projection.rolled_back",
    ]


def test_a_retry_and_a_skip_sent_again_are_one_of_each(stack: Stack) -> None:
    account = stack.register()
    letter, whole = parked(stack, account)
    one, before = f"{LETTERS}/{letter['dead_letter_id']}", head(stack)
    _, retried = twice(stack, f"{one}/retry")
    assert retried["outcome"] == "parked_again"
    shown = stack.client.get(one, headers=stack.administrator).json()
    assert shown["attempts"] == letter["attempts"] + 1
    _, skipped = twice(stack, f"{one}/skip", reason="Its file is lost.")
    assert skipped["outcome"] == "taken_in"
    assert since(stack, before) == ["dead_letter.retried", "dead_letter.skipped"]
    mend(stack.database, account.tenant_id, letter["position"], whole)


@pytest.mark.parametrize("deed", ["pause", "rebuild"])
def test_what_was_refused_may_be_asked_for_under_its_key_again(stack: Stack, deed: str) -> None:
    key, nobody = str(uuid4()), str(uuid4())
    for _ in range(2):
        answer = send(stack, f"{DEEDS}/{deed}", key, tenant_id=nobody)
        assert name(refused(answer, 404)) == "tenant-unknown"
