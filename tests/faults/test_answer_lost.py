"""The web process is killed between a commit and its answer: the key gives what was recorded."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import msgspec
import psycopg
import pytest

from tests import stack as stacks
from tests.http import archives
from tests.servers import Database
from tests.wire import Wire

BROKER_NUMBER = 6
EVENTS = "SELECT stream_id, position FROM log.events WHERE type = %s"
REQUESTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "knowledge_base.created": ("/api/v1/knowledge-bases", {"name": "Contracts"}, 201),
    "document.added": ("/api/v1/documents", {"title": "Minutes", "text": "Ten years."}, 202),
}


def events(database: Database, event_type: str) -> list[tuple[str, int]]:
    with psycopg.connect(database.admin_url) as connection:
        found = connection.execute(EVENTS, [event_type]).fetchall()
    return [(str(stream), position) for stream, position in found]


@pytest.mark.parametrize("event_type", REQUESTS)
def test_a_kill_between_commit_and_answer_leaves_one_event_and_one_answer(
    database: Database, valkey_url: str, tmp_path: Path, event_type: str
) -> None:
    path, body, status = REQUESTS[event_type]
    broker_url = stacks.broker_of(valkey_url, BROKER_NUMBER)
    with Wire(database.app_url) as wire:
        wired = msgspec.structs.replace(database, app_url=wire.url)
        with stacks.running(wired, broker_url, tmp_path, names=["web"]) as web:
            account = archives.registered_alone(web)
            headers = {**account.headers, "Idempotency-Key": str(uuid4())}
            # The lookup of the key is to be answered, the append is not.
            wire.prepare("swallow the answer to an append")
            with ThreadPoolExecutor(1) as pool:
                lost = pool.submit(
                    httpx2.post, f"{web.url}{path}", headers=headers, json=body, timeout=30
                )
                assert wire.struck.wait(20)
                recorded = events(database, event_type)
                assert len(recorded) == 1  # committed, and nobody has been told
                assert not lost.done()
                web.kill("web")
                with pytest.raises(httpx2.HTTPError):
                    lost.result()
            wire.mend()
            web.start(["web"])
            answers = [web.client.post(path, headers=headers, json=body) for _ in range(3)]
    for answer in answers:
        told = answer.json()
        assert answer.status_code == status
        assert [(told["id"], told["position"])] == recorded
        assert answer.json() == answers[0].json()
    assert events(database, event_type) == recorded
