"""Headers and query values that are out of range or of another kind."""

import base64

import pytest

from tests.api import Account
from tests.http.problems import name, refused
from tests.http.routes import READS, Route
from tests.stack import Stack

LISTS = ("/api/v1/documents", "/api/v1/knowledge-bases")


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


def cursor(number: int, length: int = 8) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(length, signed=number < 0)).decode().rstrip("=")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [
    "0", "-1", "201", "abc", "", "1.5", "1e9", "99999999999999999999999", "%00", "%d9%a1", "NaN",
    "null", "[]", "1,2", "0x10", "%ff",
])  # fmt: skip
def test_a_limit_is_a_number_from_1_to_200(
    stack: Stack, account: Account, path: str, limit: str
) -> None:
    answer = stack.client.get(f"{path}?limit={limit}", headers=account.headers)
    assert [fault["pointer"] for fault in refused(answer, 422)["errors"]] == ["/limit"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("given", [
    "", "x", "AAAAAAAAAAA", cursor(0), cursor(-1), cursor(2**62 + 1), cursor(2**63, 9),
    cursor(5) + "AAAA", cursor(5, 4), "%00", "%ff", "%C3%A9", "A" * 5_000, cursor(5) + "%0a",
    "' OR 1=1 --", "../..", "1",
])  # fmt: skip
def test_a_cursor_that_was_never_given_is_refused(
    stack: Stack, account: Account, path: str, given: str
) -> None:
    answer = stack.client.get(f"{path}?cursor={given}", headers=account.headers)
    assert name(refused(answer, 422)) == "cursor-invalid"


@pytest.mark.parametrize("given", ["x", "", "%00", "1", "a" * 5_000, "{}", "%ff"])
def test_a_knowledge_base_in_the_query_is_an_id(stack: Stack, account: Account, given: str) -> None:
    url = f"/api/v1/documents?knowledge_base_id={given}"
    answer = stack.client.get(url, headers=account.headers)
    assert [fault["pointer"] for fault in refused(answer, 422)["errors"]] == ["/knowledge_base_id"]


@pytest.mark.parametrize("route", READS, ids=str)
def test_a_position_to_wait_for_is_a_whole_number(
    stack: Stack, account: Account, route: Route
) -> None:
    for given in ("abc", "-1", "", "1.5", "1e3", "9" * 19, "+1", "\u00b2", "1, 2", "0x1"):
        request = route.request(account.user_id)
        request["headers"] |= account.headers | {"X-Wait-For-Position": given.encode("latin-1")}
        assert name(refused(stack.client.request(**request), 400)) == "position-invalid"
    for given in ("abc", "-1", "", "1.5", "9999999", "%00"):
        request = route.request(account.user_id)
        request["headers"] |= account.headers | {"X-Wait-For-Position": "1"}
        request["url"] += ("&" if "?" in request["url"] else "?") + f"wait_ms={given}"
        assert name(refused(stack.client.request(**request), 400)) == "wait-invalid"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "x" * 100_000])
def test_an_idempotency_key_has_1_to_255_printable_characters(
    stack: Stack, account: Account, key: str
) -> None:
    headers = {**account.headers, "Idempotency-Key": key}
    for path, body in (
        ("/api/v1/knowledge-bases", {"name": "Contracts"}),
        ("/api/v1/documents", {"title": "Retention", "text": "Ten years."}),
        (f"/api/v1/documents/{account.user_id}/stages/INGESTION/retry", None),
        (
            "/api/v1/tenants",
            {"name": "a", "slug": "b", "owner": {"email": "a@b.c", "password": "Horse-77"}},
        ),
    ):
        answer = stack.client.post(path, headers=headers, json=body)
        assert name(refused(answer, 400)) == "idempotency-key-invalid", path


@pytest.mark.parametrize("stage", ["nope", "ingestion", "%00", "INGESTION%20", "1", "a" * 5_000])
def test_a_stage_is_one_of_five(stack: Stack, account: Account, stage: str) -> None:
    url = f"/api/v1/documents/{account.user_id}/stages/{stage}/retry"
    assert refused(stack.client.post(url, headers=account.headers), 422)


@pytest.mark.parametrize("given", ["", "abc", '"', '"abc"', '"-1"', '"1", "2"', "9" * 30, '"1'])
def test_an_if_match_that_was_never_an_etag_is_stale(
    stack: Stack, account: Account, given: str
) -> None:
    document = stack.add_text(account, "Retention", "Invoices are kept for ten years.")
    answer = stack.client.delete(
        f"/api/v1/documents/{document}", headers={**account.headers, "If-Match": given}
    )
    assert name(refused(answer, 412)) == "stale"


def test_query_values_that_nobody_asked_for_change_nothing(stack: Stack, account: Account) -> None:
    plain = stack.client.get("/api/v1/knowledge-bases", headers=account.headers)
    for query in ("unknown=1", "%ff=%ff", ";;&&==", "a[b]=1", "limit[]=5", "x=" + "a" * 20_000):
        answer = stack.client.get(f"/api/v1/knowledge-bases?{query}", headers=account.headers)
        assert answer.json() == plain.json()
