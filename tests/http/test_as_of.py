"""Documents and knowledge bases are read as they were at any moment of the tenant's log."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.api import Account
from tests.http import archives
from tests.http.problems import name, refused
from tests.http.routes import ROUTES, V1, Route
from tests.stack import Stack

BASES = f"{V1}/knowledge-bases"
DOCUMENTS = f"{V1}/documents"
TEXT = "Invoices are kept for ten years."
PAST = {
    DOCUMENTS,
    BASES,
    f"{BASES}/{{id}}",
    *(f"{DOCUMENTS}/{{id}}{part}" for part in ("", "/status", "/content", "/text")),
}
LONG = "?wait_ms=20000"


class Life(msgspec.Struct, frozen=True):
    """A document from its adding to its removal, and the tenant's whole log."""

    account: Account
    base: str
    document: str
    facts: list[dict[str, Any]]
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
def life(stack: Stack) -> Life:
    account = stack.register()
    headers = account.headers
    base = stack.client.post(BASES, headers=headers, json={"name": "Contracts"}).json()["id"]
    document = stack.add_text(account, "Retention", TEXT, knowledge_base_id=base)
    assert stack.settled(account, document)["overall"] == "COMPLETED"
    stack.client.delete(f"{DOCUMENTS}/{document}", headers={**headers, "If-Match": "*"})
    facts = stack.client.get(f"{DOCUMENTS}/{document}/history", headers=headers).json()["items"]
    query = {"oldest_first": True, "limit": 200}
    log = stack.client.get(f"{V1}/audit/events", headers=headers, params=query).json()["items"]
    assert facts[-1]["type"] == "document.removed"
    return Life(account, base, document, facts, log)


def get(stack: Stack, account: Account, path: str, **query: Any) -> Any:
    answer = stack.client.get(path, headers=account.headers, params={"wait_ms": 20000, **query})
    assert answer.is_success, answer.text
    return answer


def statuses(facts: list[dict[str, Any]]) -> dict[str, str]:
    """What the stages come to by these events."""
    after = {"started": "PROCESSING", "completed": "COMPLETED", "failed": "FAILED"}
    found = dict.fromkeys(["INGESTION", "QUALITY", "TAXONOMY", "GRAPH", "EMBEDDING"], "PENDING")
    for fact in facts[1:]:
        found[fact["data"]["stage"]] = after[fact["type"].removeprefix("document.stage_")]
    return found


def test_at_every_moment_each_route_shows_what_there_was(stack: Stack, life: Life) -> None:
    one = f"{DOCUMENTS}/{life.document}"
    headers = life.account.headers
    removed = life.facts[-1]["position"]
    for at in range(removed + 1):
        known = [fact for fact in life.facts if fact["position"] <= at]
        listed = get(stack, life.account, DOCUMENTS, as_of=at)
        assert listed.headers["x-as-of-position"] == str(at)
        if not known or at == removed:
            assert listed.json() == {"items": [], "next_cursor": None}
            for part in ("", "/status", "/content", "/text"):
                refused(stack.client.get(f"{one}{part}?as_of={at}", headers=headers), 404)
            continue
        entry = get(stack, life.account, one, as_of=at)
        assert listed.json()["items"] == [entry.json()]
        assert (entry.json()["version"], entry.headers["etag"]) == (len(known), f'"{len(known)}"')
        assert entry.headers["x-as-of-position"] == str(at)
        assert entry.json()["updated_at"] == known[-1]["recorded_at"]
        status = get(stack, life.account, f"{one}/status", as_of=at).json()
        stages = statuses(known)
        assert {name: stage["status"] for name, stage in status["stages"].items()} == stages
        assert get(stack, life.account, f"{one}/content", as_of=at).text == TEXT
        if stages["INGESTION"] == "COMPLETED":
            assert get(stack, life.account, f"{one}/text", as_of=at).text == TEXT
        else:
            refused(stack.client.get(f"{one}/text?as_of={at}", headers=headers), 409)


def test_a_knowledge_base_is_there_from_its_creation_on(stack: Stack, life: Life) -> None:
    (made,) = (each for each in life.log if each["type"] == "knowledge_base.created")
    before = {"as_of": made["position"] - 1}
    then = {"as_of": made["position"]}
    assert get(stack, life.account, BASES, **before).json()["items"] == []
    listed = get(stack, life.account, BASES, **then).json()["items"]
    one = f"{BASES}/{life.base}"
    assert listed == [get(stack, life.account, one, **then).json()]
    answer = stack.client.get(one, headers=life.account.headers, params=before)
    assert name(refused(answer, 404)) == "knowledge-base-not-found"
    inside = {"as_of": life.facts[0]["position"], "knowledge_base_id": life.base}
    assert [each["id"] for each in get(stack, life.account, DOCUMENTS, **inside).json()["items"]]
    elsewhere = {**inside, "knowledge_base_id": life.document}
    assert get(stack, life.account, DOCUMENTS, **elsewhere).json()["items"] == []


def test_a_time_stands_for_the_last_position_recorded_until_then(stack: Stack, life: Life) -> None:
    tick = timedelta(microseconds=1)
    for each in life.log[:8]:
        moment = datetime.fromisoformat(each["recorded_at"])
        for time in (moment - tick, moment, moment + tick):
            positions = [
                other["position"]
                for other in life.log
                if datetime.fromisoformat(other["recorded_at"]) <= time
            ]
            answer = get(stack, life.account, DOCUMENTS, as_of=time.isoformat())
            assert answer.headers["x-as-of-position"] == str(max(positions, default=0))


def test_before_its_first_event_a_tenant_has_nothing(stack: Stack, life: Life) -> None:
    for as_of in ("0", "1999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
        answer = get(stack, life.account, DOCUMENTS, as_of=as_of)
        assert answer.json() == {"items": [], "next_cursor": None}
        assert answer.headers["x-as-of-position"] == "0"


@pytest.mark.parametrize(
    ("as_of", "problem"),
    [
        ("", "as-of-invalid"),
        ("-1", "as-of-invalid"),
        ("1.5", "as-of-invalid"),
        ("yesterday", "as-of-invalid"),
        ("2026-11-20", "as-of-invalid"),
        ("2026-11-20T09:30:00", "as-of-invalid"),
        ("2026-11-20T09:30:00+01:00", "as-of-invalid"),
        ("9" * 30, "as-of-invalid"),
        ("\u0663", "as-of-invalid"),
        ("9" * 18, "as-of-not-yet"),
        ("9999-12-31T23:59:59Z", "as-of-not-yet"),
    ],
)
def test_what_is_no_moment_of_the_log_is_refused(
    stack: Stack, life: Life, as_of: str, problem: str
) -> None:
    for path in sorted(PAST):
        url = path.replace("{id}", life.base if path.startswith(BASES) else life.document)
        answer = stack.client.get(f"{url}?as_of={as_of}", headers=life.account.headers)
        assert name(refused(answer, 422)) == problem


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_route_that_reads_the_present_alone_says_so(
    stack: Stack, life: Life, route: Route
) -> None:
    request = route.request(life.document)
    joined = "&" if "?" in request["url"] else "?"
    request["url"] += f"{joined}as_of=1"
    platform = route.needs == "the platform"
    request["headers"] |= stack.administrator if platform else life.account.headers
    answer = stack.client.request(**request)
    if route.method == "GET" and route.path in PAST:
        assert answer.status_code in (200, 404)
    else:
        assert name(refused(answer, 422)) == "as-of-unsupported"


def test_pages_go_on_at_the_moment_they_began_at(stack: Stack) -> None:
    account = stack.register()
    made = [stack.add_text(account, f"T{n}", f"Invoice {n} is kept.") for n in range(5)]
    for document in made:
        stack.settled(account, document)
    at = get(stack, account, f"{DOCUMENTS}/{made[-1]}/history").json()["items"][-1]["position"]
    whole = get(stack, account, DOCUMENTS, as_of=at).json()["items"]
    first = get(stack, account, DOCUMENTS, as_of=at, limit=2).json()
    for gone in made[:3]:
        url = f"{DOCUMENTS}/{gone}"
        stack.client.delete(url, headers={**account.headers, "If-Match": "*"})
    stack.add_text(account, "Later", "Letters are not kept.")
    items, cursor = first["items"], first["next_cursor"]
    while cursor is not None:
        answer = get(stack, account, DOCUMENTS, limit=2, cursor=cursor)
        assert answer.headers["x-as-of-position"] == str(at)
        items += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    assert [each["id"] for each in items] == made[::-1]
    assert items == whole


def test_a_cursor_is_of_one_moment(stack: Stack) -> None:
    account = stack.register()
    for base in ("One", "Two", "Three"):
        made = stack.client.post(BASES, headers=account.headers, json={"name": base})
    at = int(made.headers["x-event-position"])
    stack.client.get(BASES + LONG, headers={**account.headers, "X-Wait-For-Position": str(at)})
    then = get(stack, account, BASES, limit=1, as_of=at).json()["next_cursor"]
    now = get(stack, account, BASES, limit=1).json()["next_cursor"]
    assert get(stack, account, BASES, limit=1, as_of=at, cursor=then).json()["items"]
    for query in ({"cursor": then, "as_of": at - 1}, {"cursor": now, "as_of": at}):
        answer = stack.client.get(BASES, headers=account.headers, params=query)
        assert name(refused(answer, 422)) == "cursor-invalid"
    elsewhere = stack.client.get(f"{V1}/users?cursor={then}", headers=account.headers)
    assert name(refused(elsewhere, 422)) == "cursor-invalid"


def test_todays_right_decides_whatever_the_moment(stack: Stack, life: Life) -> None:
    for role, status in (("viewer", 200), ("auditor", 403)):
        headers = archives.as_role(stack, life.account, role).headers
        for as_of in (0, life.facts[0]["position"]):
            answer = stack.client.get(f"{DOCUMENTS}{LONG}&as_of={as_of}", headers=headers)
            assert answer.status_code == status


def test_no_moment_shows_another_tenants_documents(stack: Stack, life: Life) -> None:
    stranger = stack.register()
    mine = stack.add_text(stranger, "Mine", TEXT)
    stack.settled(stranger, mine)
    for at in range(1, 8):
        listed = get(stack, stranger, DOCUMENTS, as_of=at).json()["items"]
        assert {each["id"] for each in listed} <= {mine}
        for part in ("", "/status", "/content", "/text"):
            url = f"{DOCUMENTS}/{life.document}{part}?as_of={at}"
            refused(stack.client.get(url, headers=stranger.headers), 404)
        base = f"{BASES}/{life.base}?as_of={at}"
        refused(stack.client.get(base, headers=stranger.headers), 404)
    assert listed


def test_a_list_as_of_a_write_waits_for_it(stack: Stack) -> None:
    account = stack.register()
    added = stack.client.post(DOCUMENTS, headers=account.headers, json={"title": "T", "text": TEXT})
    at = added.headers["x-event-position"]
    listed = get(stack, account, DOCUMENTS, as_of=at).json()["items"]
    assert [each["id"] for each in listed] == [added.json()["id"]]
    waiting = {**account.headers, "X-Wait-For-Position": at}
    answer = stack.client.get(f"{DOCUMENTS}{LONG}&as_of=0", headers=waiting)
    assert (answer.json()["items"], answer.headers["x-as-of-position"]) == ([], "0")


def test_a_list_that_has_not_come_to_the_moment_says_so(stack: Stack) -> None:
    account = stack.register()
    pause = f"{V1}/admin/projections/document_lifetimes"
    of = {"tenant_id": account.tenant_id}
    assert stack.client.post(f"{pause}/pause", headers=stack.administrator, json=of).is_success
    document = stack.add_text(account, "T", TEXT)
    log = f"{DOCUMENTS}/{document}/history"
    at = get(stack, account, log).json()["items"][0]["position"]
    answer = stack.client.get(f"{DOCUMENTS}?as_of={at}", headers=account.headers)
    assert name(refused(answer, 503)) == "projection-behind"
    entry = get(stack, account, f"{DOCUMENTS}/{document}", as_of=at).json()
    assert entry["id"] == document
    assert stack.client.post(f"{pause}/resume", headers=stack.administrator, json=of).is_success
    assert get(stack, account, DOCUMENTS, as_of=at).json()["items"] == [entry]
