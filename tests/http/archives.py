"""Tenants with something in them, for tests of who may see and do what."""

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2
import msgspec

from infrastructure.identity.tokens import Tokens
from tests.api import Account
from tests.http.routes import Route
from tests.stack import Stack


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant with one knowledge base and one document in it, all stages completed."""

    account: Account
    ids: dict[str, str]
    text: str


def filled(stack: Stack, text: str) -> Archive:
    """A new tenant that keeps `text`."""
    account = stack.register()
    base = _made(stack, account, "knowledge-bases", name=f"Base of {account.slug}")
    title = f"Title of {account.slug}"
    document = stack.add_text(account, title, text, knowledge_base_id=base)
    assert stack.settled(account, document)["overall"] == "COMPLETED"
    ids = {
        "knowledge base": base,
        "document": document,
        "watchlist": watchlist(stack, account),
        "user": user(stack, account),
    }
    return Archive(account=account, ids=ids, text=text)


def watchlist(stack: Stack, account: Account) -> str:
    """The id of a new watchlist with one ticker; read models have it when this returns."""
    made = _made(stack, account, "watchlists", name=f"List of {account.slug}")
    added = stack.client.put(f"/api/v1/watchlists/{made}/tickers/2330", headers=account.headers)
    position = added.headers["x-event-position"]
    headers = {**account.headers, "X-Wait-For-Position": position}
    assert stack.client.get("/api/v1/watchlists?wait_ms=20000", headers=headers).is_success
    return made


def user(stack: Stack, account: Account, role: str = "editor") -> str:
    """The id of a new user; read models have them when this returns."""
    body = {
        "email": f"{secrets.token_hex(6)}@{account.slug}.example",
        "password": "Correct-Horse-8",
        "role": role,
    }
    made = stack.client.post("/api/v1/users", headers=account.headers, json=body)
    assert made.status_code == 201, made.text
    headers = {**account.headers, "X-Wait-For-Position": made.headers["x-event-position"]}
    assert stack.client.get("/api/v1/users?wait_ms=20000", headers=headers).is_success
    user_id: str = made.json()["id"]
    return user_id


def _made(stack: Stack, account: Account, kind: str, **body: str) -> str:
    answer = stack.client.post(f"/api/v1/{kind}", headers=account.headers, json=body)
    assert answer.status_code == 201, answer.text
    object_id: str = answer.json()["id"]
    return object_id


def own_id(archive: Archive, route: Route) -> str:
    """The id of the archive's own object that the route is about, if it is about any."""
    return archive.ids[route.of] if route.of else ""


def ask(stack: Stack, account: Account | None, route: Route, object_id: object) -> httpx2.Response:
    """The answer to a request of the table, made by somebody about one object."""
    request = route.request(object_id)
    if account:
        request["headers"].update(headers(stack, account, route))
    return stack.client.request(**request)


def headers(stack: Stack, account: Account, route: Route) -> dict[str, str]:
    """Those by which a route lets one in: the account's, or the platform's administrators'."""
    return stack.administrator if route.needs == "the platform" else account.headers


def tokens(stack: Stack) -> Tokens:
    """What the stack signs its tokens with."""
    secret = stack.environment["MUNIMENT_JWT_SECRET"]
    return Tokens(secret, access_seconds=900, refresh_seconds=604_800)


def token(stack: Stack, *, user_id: UUID, tenant_id: UUID, session_id: UUID, role: str) -> str:
    """A good access token for anybody."""
    pair = tokens(stack).issue(
        user_id=user_id,
        tenant_id=tenant_id,
        session_id=session_id,
        role=role,
        generation=1,
        now=datetime.now(UTC),
    )
    return pair.access_token


def as_role(stack: Stack, account: Account, role: str) -> Account:
    """The same login with another role."""
    own = tokens(stack).read(account.headers["Authorization"].removeprefix("Bearer "), "access")
    made = token(
        stack,
        user_id=own.user_id,
        tenant_id=own.tenant_id,
        session_id=own.session_id,
        role=role,
    )
    return msgspec.structs.replace(account, headers={"Authorization": f"Bearer {made}"})


def colleague(stack: Stack, account: Account) -> Account:
    """Somebody else of the same tenant."""
    made = token(
        stack,
        user_id=uuid4(),
        tenant_id=UUID(account.tenant_id),
        session_id=uuid4(),
        role="owner",
    )
    return msgspec.structs.replace(account, headers={"Authorization": f"Bearer {made}"})


def registered_alone(stack: Stack) -> Account:
    """A new tenant where no worker runs, so that its owner can't log in: the token is made here."""
    slug = f"t-{secrets.token_hex(6)}"
    owner = {"email": f"owner@{slug}.example", "password": "Correct-Horse-7"}
    body = {"name": slug.title(), "slug": slug, "owner": owner}
    answer = stack.client.post("/api/v1/tenants", json=body)
    assert answer.status_code == 201, answer.text
    tenant_id, user_id = answer.json()["tenant_id"], answer.json()["user_id"]
    made = token(
        stack,
        user_id=UUID(user_id),
        tenant_id=UUID(tenant_id),
        session_id=uuid4(),
        role="owner",
    )
    return Account(
        tenant_id=tenant_id,
        user_id=user_id,
        slug=slug,
        email=owner["email"],
        password=owner["password"],
        headers={"Authorization": f"Bearer {made}"},
    )
