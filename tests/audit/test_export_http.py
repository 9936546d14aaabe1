"""GET /audit/export: a download that leaves its trace, is bounded, and can be cut at any point."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

import httpx2
import pytest

from infrastructure.audit import slots
from tests.api import Account
from tests.audit import exports, long_logs
from tests.http import archives
from tests.http.problems import name, refused
from tests.stack import Stack

URL = "/api/v1/audit/export"
EVENTS = 20_000


@pytest.fixture(scope="module")
def long(web_alone: Stack) -> Account:
    """Somebody whose log fills more than any buffer on the way."""
    return long_logs.owner_of(web_alone, long_logs.filled(web_alone.database.admin_url, EVENTS))


def test_an_export_is_the_whole_log_up_to_the_record_of_itself(web_alone: Stack) -> None:
    account = archives.registered_alone(web_alone)
    answer = web_alone.client.get(URL, headers=account.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    *events, manifest = exports.objects(answer.content)
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "audit.export_started"
    assert events[-1]["data"]["format"] == "jsonl"
    assert manifest["events"] == manifest["position"] == manifest["to"] == len(events)
    assert manifest["exported_by"] == f"user:{account.user_id}"
    (end,) = long_logs.ended(web_alone.database.admin_url, account.tenant_id, 1)
    assert end == {"outcome": "finished", "position": len(events), "events": len(events)}


def test_the_record_is_there_before_the_first_byte(web_alone: Stack, long: Account) -> None:
    with web_alone.client.stream("GET", URL, headers=long.headers) as answer:
        assert answer.status_code == 200
        assert long_logs.recorded(
            web_alone.database.admin_url, long.tenant_id, "audit.export_started"
        )


def test_what_is_personal_is_withheld_unless_asked_for(web_alone: Stack) -> None:
    account = archives.registered_alone(web_alone)
    plain = web_alone.client.get(URL, headers=account.headers)
    assert account.email not in plain.text
    login = exports.objects(plain.content)[1]
    assert set(login["data"]) == {"role", "personal"}
    assert "withheld" not in login
    clear = web_alone.client.get(URL, headers=account.headers, params={"personal": True})
    login = exports.objects(clear.content)[1]
    assert login["personal"]["email"] == account.email
    assert set(login["personal"]) == {"email", "display_name"}
    assert exports.objects(clear.content)[-1]["personal"] is True


def test_a_reader_who_goes_away_frees_everything_at_once(web_alone: Stack, long: Account) -> None:
    before = len(
        long_logs.recorded(web_alone.database.admin_url, long.tenant_id, "audit.export_ended")
    )
    for number in range(1, 6):
        with web_alone.client.stream("GET", URL, headers=long.headers) as answer:
            chunk = next(answer.iter_bytes(65_536))
            assert chunk.startswith(b'{"line":"event"')
        ends = long_logs.ended(
            web_alone.database.admin_url, long.tenant_id, before + number, seconds=5
        )
        assert ends[-1]["outcome"] == "cut"
        assert int(str(ends[-1]["events"])) < EVENTS


def test_only_so_many_run_at_once(web_alone: Stack, long: Account) -> None:
    before = len(
        long_logs.recorded(web_alone.database.admin_url, long.tenant_id, "audit.export_ended")
    )
    with ExitStack() as running:
        for _ in range(slots.AT_ONCE_MAX):
            answer = running.enter_context(
                web_alone.client.stream("GET", URL, headers=long.headers)
            )
            assert answer.status_code == 200
        refusal = web_alone.client.get(URL, headers=long.headers)
        assert name(refused(refusal, 429)) == "too-many-exports"
        assert int(refusal.headers["retry-after"]) >= 1
        other = archives.registered_alone(web_alone)
        assert web_alone.client.get(URL, headers=other.headers).status_code == 200
    long_logs.ended(web_alone.database.admin_url, long.tenant_id, before + slots.AT_ONCE_MAX)
    assert web_alone.client.get(URL, headers=long.headers, params={"after": EVENTS}).is_success


def test_sixteen_at_once_are_two_that_are_served_and_fourteen_that_are_told(
    web_alone: Stack,
) -> None:
    tenant = long_logs.filled(web_alone.database.admin_url, 3000)
    account = long_logs.owner_of(web_alone, tenant)

    def ask(_: int) -> tuple[int, bytes]:
        with httpx2.Client(base_url=web_alone.url, timeout=60) as client:
            answer = client.get(URL, headers=account.headers)
            return answer.status_code, answer.content

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(16)))
    served = [content for status, content in answers if status == 200]
    assert {status for status, _ in answers} == {200, 429}
    assert len(served) >= slots.AT_ONCE_MAX
    for content in served:
        *events, manifest = exports.objects(content)
        assert [event["position"] for event in events] == list(range(1, manifest["to"] + 1))


def test_many_in_a_minute_are_too_many(web_alone: Stack) -> None:
    account = archives.registered_alone(web_alone)
    statuses = []
    for number in range(slots.PER_MINUTE_MAX + 1):
        statuses.append(web_alone.client.get(URL, headers=account.headers).status_code)
        if statuses[-1] == 200:
            long_logs.ended(web_alone.database.admin_url, account.tenant_id, number + 1)
    assert statuses == [200] * slots.PER_MINUTE_MAX + [429]


@pytest.mark.parametrize(
    "query", [{"after": 10**9}, {"after": 5, "until": 4}, {"after": -1}, {"format": "xls"}], ids=str
)
def test_what_there_is_not_is_refused_and_takes_no_place(
    web_alone: Stack, long: Account, query: dict[str, int | str]
) -> None:
    for _ in range(slots.AT_ONCE_MAX + 1):
        refused(web_alone.client.get(URL, headers=long.headers, params=query), 422)


def test_an_export_of_anothers_log_can_not_be_asked_for(web_alone: Stack, long: Account) -> None:
    stranger = archives.registered_alone(web_alone)
    answer = web_alone.client.get(
        URL, headers=stranger.headers, params={"tenant_id": long.tenant_id, "tenant": long.slug}
    )
    *events, _ = exports.objects(answer.content)
    assert {event["tenant_id"] for event in events} == {stranger.tenant_id}


def test_appends_go_on_meanwhile_and_are_left_out(web_alone: Stack) -> None:
    tenant = long_logs.filled(web_alone.database.admin_url, EVENTS)
    account = long_logs.owner_of(web_alone, tenant)
    with web_alone.client.stream("GET", URL, headers=account.headers) as answer:
        pieces = answer.iter_bytes()
        file = [next(pieces)]
        for number in range(5):
            made = web_alone.client.post(
                "/api/v1/knowledge-bases", headers=account.headers, json={"name": f"{number}"}
            )
            assert made.status_code == 201
        file += pieces
    *events, manifest = exports.objects(b"".join(file))
    assert manifest["to"] == events[-1]["position"] == EVENTS + 1
    assert "knowledge_base.created" not in {event["type"] for event in events}


def test_a_slow_reader_holds_no_connection_of_the_database(web_alone: Stack, long: Account) -> None:
    with web_alone.client.stream("GET", URL, headers=long.headers) as answer:
        next(answer.iter_bytes(1024))
        time.sleep(0.5)
        with exports.superuser(web_alone.database.admin_url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'muniment_app'"
                " AND datname = current_database() AND state <> 'idle'"
            ).fetchone()
        assert row == (0,)


def test_the_tenant_of_a_token_is_the_only_one_there_is(web_alone: Stack) -> None:
    nobody = long_logs.owner_of(web_alone, UUID(int=7))
    answer = web_alone.client.get("/api/v1/audit/events", headers=nobody.headers)
    assert [event["type"] for event in answer.json()["items"]] == ["audit.read"]
    assert json.loads(answer.content)["next_cursor"] is None


def test_an_owner_of_another_role_is_no_owner(web_alone: Stack, long: Account) -> None:
    viewer = archives.as_role(web_alone, long, "viewer")
    refused(web_alone.client.get(URL, headers=viewer.headers), 403)
