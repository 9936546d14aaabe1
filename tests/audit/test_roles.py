"""Who may look at the log, and how much of it they see."""

from uuid import uuid4

import pytest

from tests.api import Account
from tests.audit import exports
from tests.http import archives
from tests.http.problems import name, refused
from tests.http.routes import ROUTES, V1, Route
from tests.stack import Stack

AUDIT = [route for route in ROUTES if "/audit/" in route.path]
ALLOWED = {"owner": True, "auditor": True, "admin": False, "editor": False, "viewer": False}
OWN = {f"GET {V1}/tenant", f"GET {V1}/auth/me", f"POST {V1}/auth/logout"}
"""What everybody may who has logged in."""


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Account:
    return stack.register()


def registered(stack: Stack, by: Account, role: str) -> Account:
    """Somebody of a role, registered by somebody and logged in."""
    person = {"email": f"{role}-{uuid4().hex[:8]}@example.org", "password": "Correct-Horse-8"}
    made = stack.client.post("/api/v1/users", headers=by.headers, json={**person, "role": role})
    assert made.status_code == 201, made.text
    waiting = {**by.headers, "X-Wait-For-Position": made.headers["x-event-position"]}
    assert stack.client.get("/api/v1/users?wait_ms=20000", headers=waiting).is_success
    login = stack.client.post("/api/v1/auth/login", json={**person, "tenant": by.slug})
    assert login.status_code == 200, login.text
    return Account(
        tenant_id=by.tenant_id,
        user_id=made.json()["id"],
        slug=by.slug,
        email=person["email"],
        password=person["password"],
        headers={"Authorization": f"Bearer {login.json()['access_token']}"},
    )


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("route", AUDIT, ids=str)
def test_the_table_of_roles(stack: Stack, owner: Account, route: Route, role: str) -> None:
    answer = archives.ask(stack, archives.as_role(stack, owner, role), route, "")
    if ALLOWED[role]:
        assert answer.status_code == 200, answer.text
    else:
        assert name(refused(answer, 403)) == "forbidden"


def test_an_auditor_does_nothing_but_read_the_log(stack: Stack, owner: Account) -> None:
    auditor = archives.as_role(stack, owner, "auditor")
    for route in ROUTES:
        if route.needs in ("nothing", "the platform") or str(route) in OWN or route in AUDIT:
            continue
        answer = archives.ask(stack, auditor, route, uuid4())
        assert answer.status_code in (403, 422), (route, answer.text)
        if answer.status_code == 422:
            assert name(answer.json()) == "invalid-request", route


def test_an_auditor_is_registered_by_an_owner_and_sees_nothing_personal(
    stack: Stack, owner: Account
) -> None:
    auditor = registered(stack, owner, "auditor")
    logins = stack.client.get(
        f"{V1}/audit/events", headers=auditor.headers, params={"type": "login.registered"}
    )
    found = [event["data"] for event in logins.json()["items"]]
    assert {each["email"] for each in found} == {"[withheld]"}
    file = stack.client.get(f"{V1}/audit/export", headers=auditor.headers)
    assert owner.email not in file.text
    assert auditor.email not in file.text
    *events, manifest = exports.objects(file.content)
    assert manifest["exported_by"] == f"user:{auditor.user_id}"
    assert events[-1]["actor"] == f"user:{auditor.user_id}"


@pytest.mark.parametrize("path", ["events", "export"])
def test_what_is_personal_is_for_owners_alone(stack: Stack, owner: Account, path: str) -> None:
    auditor = archives.as_role(stack, owner, "auditor")
    url = f"{V1}/audit/{path}?personal=true"
    assert name(refused(stack.client.get(url, headers=auditor.headers), 403)) == "forbidden"
    assert stack.client.get(url, headers=owner.headers).is_success


def test_an_administrator_makes_no_auditor_and_erases_none(stack: Stack, owner: Account) -> None:
    admin = registered(stack, owner, "admin")
    body = {"email": "mine@example.org", "password": "Correct-Horse-8", "role": "auditor"}
    answer = stack.client.post(f"{V1}/users", headers=admin.headers, json=body)
    assert name(refused(answer, 403)) == "owner-required"
    auditor = registered(stack, owner, "auditor")
    answer = stack.client.delete(
        f"{V1}/users/{auditor.user_id}", headers={**admin.headers, "If-Match": "*"}
    )
    assert name(refused(answer, 403)) == "owner-required"


def test_who_was_erased_stays_unreadable_for_everybody(stack: Stack) -> None:
    owner = stack.register()
    gone = registered(stack, owner, "editor")
    erased = stack.client.delete(
        f"{V1}/users/{gone.user_id}", headers={**owner.headers, "If-Match": "*"}
    )
    waiting = {**owner.headers, "X-Wait-For-Position": erased.headers["x-event-position"]}
    assert stack.client.get(f"{V1}/users?wait_ms=20000", headers=waiting).is_success
    query = f"stream_id={gone.user_id}&personal=true&type=login.registered"
    answer = stack.client.get(f"{V1}/audit/events?{query}", headers=owner.headers)
    (login,) = answer.json()["items"]
    assert login["data"]["email"] == login["data"]["display_name"] == "[erased]"
    file = stack.client.get(f"{V1}/audit/export?personal=true", headers=owner.headers)
    assert gone.email not in file.text
    assert owner.email in file.text
