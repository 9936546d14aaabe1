"""GET /audit/events: who did what, narrowed down and page by page."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.api import Account
from tests.audit import exports, long_logs
from tests.http import archives
from tests.http.problems import name, refused
from tests.stack import Stack

URL = "/api/v1/audit/events"


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Account:
    """Somebody whose log has a dozen knowledge bases in it."""
    account = stack.register()
    for number in range(12):
        made = stack.client.post(
            "/api/v1/knowledge-bases", headers=account.headers, json={"name": f"Base {number}"}
        )
        assert made.status_code == 201
    return account


def read(stack: Stack, account: Account, **query: Any) -> list[dict[str, Any]]:
    """Every event that a question finds, all pages of it."""
    found: list[dict[str, Any]] = []
    while True:
        answer = stack.client.get(URL, headers=account.headers, params=query)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        query["cursor"] = answer.json()["next_cursor"]
        if query["cursor"] is None:
            return found


def positions(found: list[dict[str, Any]]) -> list[int]:
    return [event["position"] for event in found]


def test_pages_follow_each_other_without_gap_or_repetition(stack: Stack, owner: Account) -> None:
    newest = read(stack, owner, limit=5)
    assert positions(newest) == list(range(newest[0]["position"], 0, -1))
    oldest = read(stack, owner, limit=5, oldest_first=True)
    assert positions(oldest)[:14] == list(range(1, 15))


def test_an_event_is_shown_with_all_that_is_known(stack: Stack, owner: Account) -> None:
    first = read(stack, owner, oldest_first=True, position_until=1)[0]
    assert first["type"] == "tenant.registered"
    assert first["stream_id"] == owner.tenant_id
    assert first["data"]["slug"] == owner.slug
    assert len(first["digest"]) == 64
    assert first["metadata"]["request_id"]


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"type": "tenant.registered"}, {"tenant.registered"}),
        ({"type": "knowledge_base.*"}, {"knowledge_base.created"}),
        ({"type": "knowledge_base"}, set()),
        ({"actor": "anonymous"}, {"tenant.registered", "login.registered"}),
        ({"actor": "nobody"}, set()),
        ({"position_from": 2, "position_until": 2}, {"login.registered"}),
    ],
)
def test_a_question_narrows_the_answer_down(
    stack: Stack, owner: Account, query: dict[str, Any], types: set[str]
) -> None:
    assert {event["type"] for event in read(stack, owner, limit=3, **query)} == types


def test_a_stream_is_read_by_itself(stack: Stack, owner: Account) -> None:
    one = read(stack, owner, type="knowledge_base.created")[3]
    assert positions(read(stack, owner, stream_id=one["stream_id"])) == [one["position"]]


def test_times_are_bounds_that_belong_to_the_range(stack: Stack, owner: Account) -> None:
    every = read(stack, owner, type="knowledge_base.*", oldest_first=True)
    for low, high in pairwise(every):
        bounds = {"recorded_from": low["recorded_at"], "recorded_until": high["recorded_at"]}
        assert positions(read(stack, owner, oldest_first=True, **bounds)) == [
            *range(low["position"], high["position"] + 1)
        ]
    before = datetime(2001, 1, 1).isoformat() + "Z"  # noqa: DTZ001 - the zone is written out
    assert read(stack, owner, recorded_until=before) == []
    assert read(stack, owner, recorded_from="9999-12-31T23:59:59.999999Z") == []
    ever = read(stack, owner, recorded_from=before, recorded_until="9999-12-31T23:59:59.999999Z")
    assert positions(ever)[-1] == 1


def test_what_is_personal_is_shown_to_those_who_ask_for_it(stack: Stack, owner: Account) -> None:
    (plain,) = read(stack, owner, type="login.registered")
    assert plain["data"]["email"] == plain["data"]["display_name"] == "[withheld]"
    assert plain["data"]["role"] == "owner"
    (clear,) = read(stack, owner, type="login.registered", personal=True)
    assert clear["data"]["email"] == owner.email
    assert clear["data"]["password_hash"] == "[withheld]"


def test_a_reading_is_recorded_once_however_many_pages_are_turned(stack: Stack) -> None:
    account = stack.register()
    read(stack, account, limit=1, type="tenant.*")
    for _ in range(3):
        read(stack, account, limit=1)
    read(stack, account, type="login.registered", personal=True)
    recorded = read(stack, account, type="audit.read", oldest_first=True)
    assert [event["data"].get("event_type") for event in recorded] == [
        "tenant.*",
        None,
        "login.registered",
        "audit.read",
    ]
    assert [event["data"]["personal"] for event in recorded] == [False, False, True, False]
    assert {event["actor"] for event in recorded} == {f"user:{account.user_id}"}


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_only_owners_and_auditors_read_the_log(stack: Stack, owner: Account, role: str) -> None:
    other = archives.as_role(stack, owner, role)
    for path in ("events", "export"):
        answer = stack.client.get(f"/api/v1/audit/{path}", headers=other.headers)
        assert name(refused(answer, 403)) == "forbidden"


def test_a_tenant_reads_its_own_log_alone(stack: Stack, owner: Account) -> None:
    stranger = stack.register()
    theirs = read(stack, owner, type="knowledge_base.created")[0]
    assert read(stack, stranger, stream_id=theirs["stream_id"]) == []
    assert {event["data"].get("slug") for event in read(stack, stranger, type="tenant.*")} == {
        stranger.slug
    }


@pytest.mark.parametrize(
    "query",
    [
        {"actor": "user:1\n"},
        {"actor": ""},
        {"type": "' OR 1=1 --"},
        {"type": "a" * 300},
        {"stream_id": "1"},
        {"recorded_from": "yesterday"},
        {"position_from": -1},
        {"position_until": 2**63},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "no-cursor"},
        {"oldest_first": "perhaps"},
    ],
    ids=str,
)
def test_what_no_event_can_have_is_refused(
    stack: Stack, owner: Account, query: dict[str, Any]
) -> None:
    refused(stack.client.get(URL, headers=owner.headers, params=query), 422)


def test_bytes_that_are_no_json_are_shown_as_text(web_alone: Stack) -> None:
    tenant = long_logs.filled(web_alone.database.admin_url, 6)
    account = long_logs.owner_of(web_alone, tenant)
    odd = [b'{"a":"\xff"}', b"\xff\0", b"[" * 5000, b"", b'{"email":"\xff"}']
    with exports.superuser(web_alone.database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for position, data in enumerate(odd, start=1):
            type_ = "login.registered" if b"email" in data else "something.odd"
            connection.execute(
                "UPDATE log.events SET data = %s, type = %s WHERE tenant_id = %s AND position = %s",
                [data, type_, tenant, position],
            )
    for personal in (False, True):
        found = read(web_alone, account, oldest_first=True, position_until=6, personal=personal)
        assert found[0]["data"] == '{"a":"\\xff"}'
        assert found[1]["data"] == "\\xff\0"
        assert found[4]["data"] == "[withheld]"
        assert found[5]["data"]["stage"] == "INGESTION"
