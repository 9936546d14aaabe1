"""Read models are rebuilt, switched and rolled back over HTTP, by workers, on record."""

import time
from typing import Any

import httpx2
import psycopg
import pytest

from domain.ids import PLATFORM
from tests.http.problems import name, refused
from tests.served import wait_until
from tests.stack import Stack

SECONDS = 180.0


def ask(stack: Stack, deed: str, projection: str = "document_list", **body: Any) -> httpx2.Response:
    return stack.client.post(
        f"/api/v1/admin/projections/{projection}/{deed}", headers=stack.administrator, json=body
    )


def compared(stack: Stack, generation: int) -> int:
    """In how many rows it differs, once it is filled and compared."""
    deadline = time.monotonic() + SECONDS
    with psycopg.connect(stack.database.admin_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                "SELECT differences FROM read.generations WHERE generation = %s", [generation]
            ).fetchone()
            if row is not None and row[0] is not None:
                count: int = row[0]
                return count
            time.sleep(0.1)
    raise AssertionError(f"no worker rebuilt it:\n{stack.log('worker')[-4000:]}")


def recorded(stack: Stack, since: int) -> set[str]:
    """What was done to the list of documents from a position of the platform's log on."""
    with psycopg.connect(stack.database.admin_url) as connection:
        deeds = connection.execute(
            "SELECT type FROM log.events WHERE tenant_id = %s AND position >= %s"
            " AND convert_from(data, 'UTF8')::jsonb ->> 'projection' = 'document_list'",
            [PLATFORM, since],
        ).fetchall()
    return {deed for (deed,) in deeds}


def test_a_read_model_is_rebuilt_by_a_worker_and_switched_and_rolled_back(stack: Stack) -> None:
    account = stack.register()
    document = stack.add_text(account, "Retention", "Invoices are kept for ten years.")
    stack.settled(account, document)
    answer = ask(stack, "rebuild")
    assert answer.status_code == 202, answer.text
    generation = answer.json()["generation"]
    assert answer.headers["x-event-position"] == str(answer.json()["position"])
    early = refused(ask(stack, "switch", generation=generation), 409)
    assert name(early) == "generation-refused"
    assert compared(stack, generation) == 0
    switched = ask(stack, "switch", generation=generation)
    assert switched.status_code == 200, switched.text
    before = switched.json()["previous"]
    again = refused(ask(stack, "switch", generation=generation), 409)
    assert "answers already" in again["detail"]
    listed = stack.client.get("/api/v1/documents", headers=account.headers)
    assert [item["id"] for item in listed.json()["items"]] == [document]
    back = ask(stack, "rollback")
    assert (back.json()["generation"], back.json()["previous"]) == (before, generation)
    record = {
        "projection.rebuild_started",
        "projection.rebuild_finished",
        "projection.switched",
        "projection.rolled_back",
    }
    wait_until(lambda: record <= recorded(stack, answer.json()["position"]))


@pytest.mark.parametrize(
    ("deed", "projection", "body", "status", "problem"),
    [
        ("rebuild", "nothing", {}, 404, "projection-not-found"),
        ("rebuild", "pipeline_jobs", {}, 409, "generation-refused"),
        ("rebuild", "document_list", {"tenant_id": "x"}, 422, "invalid-request"),
        ("switch", "document_list", {"generation": 10**6}, 409, "generation-refused"),
        ("switch", "document_list", {"generation": -1}, 422, "invalid-request"),
        ("switch", "document_list", {}, 422, "invalid-request"),
        ("rollback", "watchlist_list", {}, 409, "generation-refused"),
    ],
)
def test_what_can_not_be_done_is_refused_by_name(
    stack: Stack, deed: str, projection: str, body: dict[str, Any], status: int, problem: str
) -> None:
    assert name(refused(ask(stack, deed, projection, **body), status)) == problem
