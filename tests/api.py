"""What tests ask of a running Muniment over HTTP."""

import secrets
import time
from typing import Any

import httpx2
import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A registered tenant with its owner logged in."""

    tenant_id: str
    user_id: str
    slug: str
    email: str
    password: str
    headers: dict[str, str]


class Api:
    """Requests to one address; each fails its test where the answer is not a good one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx2.Client(base_url=url, timeout=30.0)

    def register(self, slug: str | None = None, *, email: str | None = None) -> Account:
        """A new tenant, its owner logged in."""
        slug = slug or f"t-{secrets.token_hex(6)}"
        owner = {"email": email or f"owner@{slug}.example", "password": "Correct-Horse-7"}
        body = {"name": slug.title(), "slug": slug, "owner": owner}
        answer = self.client.post("/api/v1/tenants", json=body)
        assert answer.status_code == 201, answer.text
        login = self.client.post("/api/v1/auth/login", json={**owner, "tenant": slug})
        assert login.status_code == 200, login.text
        return Account(
            tenant_id=answer.json()["tenant_id"],
            user_id=answer.json()["user_id"],
            slug=slug,
            email=owner["email"],
            password=owner["password"],
            headers={"Authorization": f"Bearer {login.json()['access_token']}"},
        )

    def add_text(self, account: Account, title: str, text: str, **more: Any) -> str:
        """The id of a new document."""
        answer = self.client.post(
            "/api/v1/documents",
            headers=account.headers,
            json={"title": title, "text": text, **more},
        )
        assert answer.status_code == 202, answer.text
        document_id: str = answer.json()["id"]
        return document_id

    def settled(
        self, account: Account, document_id: str, *, seconds: float = 60.0
    ) -> dict[str, Any]:
        """The document's status once no stage is left to be done.

        What is completed is in the list and in the index as well.
        """
        deadline = time.monotonic() + seconds
        status: dict[str, Any] = {}
        while time.monotonic() < deadline:
            answer = self.client.get(
                f"/api/v1/documents/{document_id}/status", headers=account.headers
            )
            if answer.status_code == 200:
                status = answer.json()
                if status["overall"] == "COMPLETED":
                    self._await_elsewhere(account, document_id, status["position"])
                    return status
                if _has_settled(status):
                    return status
            time.sleep(0.05)
        raise AssertionError(f"not settled after {seconds} s: {status}")

    def _await_elsewhere(self, account: Account, document_id: str, position: int) -> None:
        """Every read model follows the log by itself: until the others are there too."""
        headers = account.headers | {"X-Wait-For-Position": str(position)}
        path, wait = f"/api/v1/documents/{document_id}", "wait_ms=30000"
        listed = self.client.get(f"{path}?{wait}", headers=headers)
        assert listed.status_code == 200, listed.text
        searched = {"query": "anything", "limit": 1}
        found = self.client.post(f"/api/v1/search?{wait}", headers=headers, json=searched)
        assert found.status_code == 200, found.text


def _has_settled(status: dict[str, Any]) -> bool:
    """Failed, and nothing is at work or waits for anything but the failed ingestion."""
    stages = status["stages"]
    if status["overall"] != "FAILED":
        return False
    if stages["INGESTION"]["status"] == "FAILED":
        return True
    return all(stage["status"] in ("COMPLETED", "FAILED") for stage in stages.values())
