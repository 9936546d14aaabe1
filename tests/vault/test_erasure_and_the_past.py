"""Going back to before an erasure shows nothing of whoever was erased since."""

import io
from typing import Any

import httpx2
import pyarrow.parquet
import pytest

from domain.personal import ERASED
from tests.api import Account
from tests.http.problems import name, refused
from tests.logins import users
from tests.logins.users import PATH, User
from tests.stack import Stack

NAME = "Ada Quillfeather"
TEXT = "Invoices are kept for ten years. Letters are kept for six years."
WITH_FIELDS = ("jsonl", "csv", "parquet")
"""Those that give personal fields in clear to whoever may ask for them."""
FORMATS = (*WITH_FIELDS, "cef", "ocsf")


class Past:
    """A tenant where somebody added a document and a knowledge base, and was erased after that."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.owner = stack, stack.register()
        email = f"ada.quillfeather@{self.owner.slug}.example"
        body = users.body(email, display_name=NAME)
        made = stack.client.post(PATH, headers=self.owner.headers, json=body)
        users.read(stack, self.owner, made, PATH)
        self.user = User(made.json()["id"], email, self.owner.slug)
        account = users.account_of(stack, self.owner, self.user)
        based = stack.client.post(
            "/api/v1/knowledge-bases", headers=account.headers, json={"name": "Records"}
        )
        self.base = based.json()["id"]
        self.document = stack.add_text(account, "Retention", TEXT, knowledge_base_id=self.base)
        self.before = stack.settled(account, self.document)["position"]
        self.time = self.get("/api/v1/audit/events", limit=1).json()["items"][0]["recorded_at"]
        assert NAME in self.get(PATH).text
        done = users.erase(stack, self.owner, self.user)
        refused(users.read(stack, self.owner, done, self.user.path), 404)

    def get(self, path: str, account: Account | None = None, **query: Any) -> httpx2.Response:
        headers = (account or self.owner).headers
        return self.stack.client.get(path, headers=headers, params=query)

    def tells_nothing(self, text: str) -> bool:
        """Whether nothing that is personal stands in it."""
        return not any(each in text for each in (self.user.email, NAME, "Quillfeather"))


@pytest.fixture(scope="module")
def past(stack: Stack) -> Past:
    return Past(stack)


@pytest.mark.parametrize("by", ["position", "time"])
def test_what_is_read_as_of_then_is_there_without_the_person(past: Past, by: str) -> None:
    moment: Any = past.before if by == "position" else past.time
    one = f"/api/v1/documents/{past.document}"
    paths = ["/api/v1/documents", one, f"{one}/status", f"{one}/content", f"{one}/text"]
    paths += ["/api/v1/knowledge-bases", f"/api/v1/knowledge-bases/{past.base}"]
    answers = [past.get(path, as_of=moment) for path in paths]
    answers += [
        past.stack.client.post(
            f"/api/v1/{path}",
            headers=past.owner.headers,
            json={"query": f"How long are invoices of {NAME} kept?", "as_of": moment},
        )
        for path in ("search", "rag/query")
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert past.tells_nothing(answer.text)
    assert [item["id"] for item in answers[0].json()["items"]] == [past.document]
    assert past.tells_nothing(past.get(f"{one}/history").text)
    for path in (PATH, past.user.path):
        assert name(refused(past.get(path, as_of=moment), 422)) == "as-of-unsupported"


@pytest.mark.parametrize("personal", [False, True])
def test_the_log_up_to_then_shows_the_person_as_erased(past: Past, personal: bool) -> None:
    questions: list[dict[str, Any]] = [
        {"position_until": past.before},
        {"recorded_until": past.time},
        {"stream_id": past.user.id, "position_until": past.before},
        {"actor": f"user:{past.user.id}", "position_until": past.before},
    ]
    for question in questions:
        answer = past.get("/api/v1/audit/events", **question, personal=personal, limit=200)
        assert answer.status_code == 200, answer.text
        assert past.tells_nothing(answer.text)
        items = answer.json()["items"]
        assert items
        theirs = [item["data"] for item in items if item["stream_id"] == past.user.id]
        for data in theirs:
            covered = ERASED if personal else "[withheld]"
            assert (data["email"], data["display_name"]) == (covered, covered)
        for item in items:
            if item["type"] == "session.started" and item["data"]["user_id"] == past.user.id:
                assert item["data"]["address"] == (None if personal else "[withheld]")


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_up_to_then_tells_nothing_of_the_person(past: Past, format_: str) -> None:
    for personal in (False, True):
        query = {"format": format_, "until": past.before, "personal": personal}
        answer = past.get("/api/v1/audit/export", **query)
        assert answer.status_code == 200, answer.text
        text = answer.text
        if format_ == "parquet":
            text = str(pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist())
        assert past.user.id in text
        assert past.tells_nothing(text)
        if format_ in WITH_FIELDS:
            assert (past.owner.email in text) == personal
