"""Muniment's HTTP interface as the demonstration uses it."""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx2
import msgspec

from interfaces.cli.demo_answers import Answer, Fact, Status, Tenant

_TIMEOUT_SECONDS = 60.0
_WAIT_MS = 30_000
_TRIES_MAX = 5
_PAUSE_SECONDS_MAX = 30.0
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_TRY_AGAIN = frozenset({429, 503})
_OK = range(200, 300)

Found = TypeVar("Found")


class _Made(msgspec.Struct, frozen=True):
    id: UUID


class _Registered(msgspec.Struct, frozen=True):
    tenant_id: UUID


class _Token(msgspec.Struct, frozen=True):
    access_token: str


class _Facts(msgspec.Struct, frozen=True):
    items: Sequence[Fact]


class _Problem(msgspec.Struct, frozen=True):
    title: str = "it answers something else than Muniment would"
    detail: str = ""


class Refused(Exception):  # noqa: N818 - named for what happened
    """A request was refused; the message is the server's reason."""

    def __init__(self, status: int, problem: _Problem) -> None:
        super().__init__(f"{problem.title} ({status}). {problem.detail}".strip())
        self.status = status


class DemoClient:
    """Requests of one tenant, one after the other."""

    def __init__(self, url: str) -> None:
        # A proxy of the environment is not for a server on this machine or in this network.
        self._http = httpx2.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._tenant: Tenant | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def is_ready(self) -> bool:
        """Whether something at the address says that it can serve."""
        try:
            return self._http.get("/health/ready", timeout=5.0).status_code in _OK
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return False

    def register(self) -> Tenant:
        """A new tenant, its owner logged in."""
        slug = f"demo-{secrets.token_hex(4)}"
        email, password = f"owner@{slug}.example", f"{secrets.token_urlsafe(12)}-A7"
        owner = {"email": email, "password": password, "display_name": "Demo owner"}
        body = {"name": "Demonstration", "slug": slug, "owner": owner}
        made = self._call("POST", "/api/v1/tenants", _Registered, json=body)
        self._tenant = Tenant(tenant_id=made.tenant_id, slug=slug, email=email, password=password)
        self._log_in(self._tenant)
        return self._tenant

    def create_knowledge_base(self, name: str) -> UUID:
        """The id of a new knowledge base."""
        return self._call("POST", "/api/v1/knowledge-bases", _Made, json={"name": name}).id

    def upload(self, path: Path, title: str, knowledge_base_id: UUID) -> UUID:
        """The id of a new document."""
        return self._call(
            "POST",
            "/api/v1/documents",
            _Made,
            files={"file": (path.name, path.read_bytes())},
            data={"title": title, "knowledge_base_id": str(knowledge_base_id)},
        ).id

    def status(self, document_id: UUID) -> Status | None:
        """Where a document stands; None before its read model knows it."""
        try:
            return self._call("GET", f"/api/v1/documents/{document_id}/status", Status)
        except Refused as refused:
            if refused.status == _NOT_FOUND:
                return None
            raise

    def history(self, document_id: UUID) -> Sequence[Fact]:
        """Everything that happened to a document."""
        found = self._call("GET", f"/api/v1/documents/{document_id}/history", _Facts).items
        return [msgspec.structs.replace(fact, document_id=document_id) for fact in found]

    def text(self, document_id: UUID) -> str:
        """The text that spans point into."""
        return self._answer("GET", f"/api/v1/documents/{document_id}/text").content.decode()

    def ask(self, question: str, position: int) -> Answer:
        """Ask the documents, as they are at `position` or later."""
        return self._call(
            "POST",
            "/api/v1/rag/query",
            Answer,
            params={"wait_ms": str(_WAIT_MS)},
            json={"query": question, "limit": 3},
            headers={"X-Wait-For-Position": str(position)},
        )

    def _call(self, method: str, path: str, kind: type[Found], **given: Any) -> Found:
        answer = self._answer(method, path, **given)
        return msgspec.json.decode(answer.content, type=kind)

    def _answer(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """A good answer. A server that is busy is asked again; a token that is over is renewed."""
        for _ in range(_TRIES_MAX):
            answer = self._http.request(method, path, **given)
            if answer.status_code == _UNAUTHORIZED and self._tenant and "/auth/" not in path:
                self._log_in(self._tenant)
            elif answer.status_code in _TRY_AGAIN:
                time.sleep(_pause(answer))
            else:
                break
        if answer.status_code in _OK:
            return answer
        try:
            problem = msgspec.json.decode(answer.content, type=_Problem)
        except msgspec.DecodeError:
            problem = _Problem()
        raise Refused(answer.status_code, problem)

    def _log_in(self, tenant: Tenant) -> None:
        body = {"email": tenant.email, "password": tenant.password, "tenant": tenant.slug}
        token = self._call("POST", "/api/v1/auth/login", _Token, json=body).access_token
        self._http.headers["Authorization"] = f"Bearer {token}"


def _pause(answer: httpx2.Response) -> float:
    after = answer.headers.get("Retry-After", "1")
    return min(float(after) if after.isdigit() else 1.0, _PAUSE_SECONDS_MAX)
