"""Lists are read page by page, complete and in order, also while others write."""

from typing import Any

import pytest

from tests.api import Account
from tests.stack import Stack

BASES = "/api/v1/knowledge-bases"
DOCUMENTS = "/api/v1/documents"


def add_bases(stack: Stack, account: Account, *names: str) -> list[str]:
    """Their ids; read models have them when this returns."""
    made = [
        stack.client.post(BASES, headers=account.headers, json={"name": name}) for name in names
    ]
    wait(stack, account, BASES, made[-1].headers["x-event-position"])
    return [answer.json()["id"] for answer in made]


def wait(stack: Stack, account: Account, path: str, position: str) -> None:
    headers = {**account.headers, "X-Wait-For-Position": position}
    assert stack.client.get(f"{path}?wait_ms=20000", headers=headers).is_success


def page(stack: Stack, account: Account, path: str, **query: Any) -> dict[str, Any]:
    answer = stack.client.get(path, headers=account.headers, params=query)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == {"items", "next_cursor"}
    return found


def walk(stack: Stack, account: Account, path: str, **query: Any) -> list[list[str]]:
    """The ids of every page, until there is no next cursor."""
    pages = []
    while True:
        found = page(stack, account, path, **query)
        pages.append([item["id"] for item in found["items"]])
        if found["next_cursor"] is None:
            return pages
        query["cursor"] = found["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 200])
def test_the_pages_of_any_size_add_up_to_the_list(stack: Stack, limit: int) -> None:
    account = stack.register()
    made = add_bases(stack, account, *(f"Base {number}" for number in range(7)))
    pages = walk(stack, account, BASES, limit=limit)
    assert [object_id for each in pages for object_id in each] == made[::-1]
    assert all(len(each) == limit for each in pages[:-1])
    assert 0 < len(pages[-1]) <= limit


def test_a_list_of_nothing_is_one_empty_page(stack: Stack) -> None:
    account = stack.register()
    for path in (BASES, DOCUMENTS):
        assert page(stack, account, path) == {"items": [], "next_cursor": None}


def test_what_comes_in_between_moves_no_page(stack: Stack) -> None:
    account = stack.register()
    made = add_bases(stack, account, *(f"Base {number}" for number in range(6)))
    first = page(stack, account, BASES, limit=2)
    add_bases(stack, account, "Later", "Later still")
    rest = []
    cursor = first["next_cursor"]
    while cursor is not None:
        found = page(stack, account, BASES, limit=2, cursor=cursor)
        rest += [item["id"] for item in found["items"]]
        cursor = found["next_cursor"]
    assert [item["id"] for item in first["items"]] + rest == made[::-1]


def test_what_goes_in_between_takes_nothing_else_with_it(stack: Stack) -> None:
    account = stack.register()
    made = [stack.add_text(account, f"T{n}", f"Invoice {n} is kept.") for n in range(5)]
    position = "0"
    for document in made:
        stack.settled(account, document)
    first = page(stack, account, DOCUMENTS, limit=2)
    assert [item["id"] for item in first["items"]] == made[:2:-1]
    for gone in (made[3], made[2]):  # the one the cursor stands at, and the one after it
        removed = stack.client.delete(
            f"{DOCUMENTS}/{gone}", headers={**account.headers, "If-Match": "*"}
        )
        position = removed.headers["x-event-position"]
    wait(stack, account, DOCUMENTS, position)
    second = page(stack, account, DOCUMENTS, limit=2, cursor=first["next_cursor"])
    assert [item["id"] for item in second["items"]] == [made[1], made[0]]


def test_a_list_may_be_of_one_knowledge_base(stack: Stack) -> None:
    account = stack.register()
    one, two = add_bases(stack, account, "One", "Two")
    inside = [
        stack.add_text(account, f"T{n}", f"Invoice {n} is kept.", knowledge_base_id=one)
        for n in range(3)
    ]
    outside = stack.add_text(account, "Out", "Invoice 9 is kept.", knowledge_base_id=two)
    loose = stack.add_text(account, "Loose", "Invoice 10 is kept.")
    stack.settled(account, loose)
    assert walk(stack, account, DOCUMENTS, knowledge_base_id=one, limit=2) == [
        inside[:0:-1],
        inside[:1],
    ]
    assert walk(stack, account, DOCUMENTS) == [[loose, outside, *inside[::-1]]]


def test_a_cursor_of_another_tenant_opens_nothing(stack: Stack) -> None:
    one, two = stack.register(), stack.register()
    add_bases(stack, one, "One", "Two", "Three")
    own = add_bases(stack, two, "Own")
    cursor = page(stack, one, BASES, limit=1)["next_cursor"]
    found = page(stack, two, BASES, cursor=cursor)
    assert {item["id"] for item in found["items"]} <= set(own)
