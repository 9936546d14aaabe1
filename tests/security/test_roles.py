"""What each role may do, whatever it asks for."""

from uuid import uuid4

import pytest

from tests.api import Account
from tests.http import archives
from tests.http.problems import name, refused
from tests.http.routes import MANAGES, ROUTES, WRITES, Route
from tests.stack import Stack


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Account:
    return stack.register()


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_a_viewer_writes_nothing(stack: Stack, owner: Account, route: Route) -> None:
    viewer = archives.as_role(stack, owner, "viewer")
    answer = archives.ask(stack, viewer, route, uuid4())
    assert name(refused(answer, 403)) == "forbidden"


@pytest.mark.parametrize("role", ["viewer", "editor"])
@pytest.mark.parametrize("route", MANAGES, ids=str)
def test_only_who_manages_the_tenant_sees_and_changes_users(
    stack: Stack, owner: Account, route: Route, role: str
) -> None:
    colleague = archives.as_role(stack, owner, role)
    answer = archives.ask(stack, colleague, route, owner.user_id)
    assert name(refused(answer, 403)) == "forbidden"


@pytest.mark.parametrize("role", ["editor", "admin", "owner"])
def test_an_editor_and_those_above_write(stack: Stack, owner: Account, role: str) -> None:
    writer = archives.as_role(stack, owner, role)
    answer = stack.client.post(
        "/api/v1/knowledge-bases", headers=writer.headers, json={"name": "Contracts"}
    )
    assert answer.status_code == 201


def test_a_viewer_reads_what_there_is(stack: Stack, owner: Account) -> None:
    document = stack.add_text(owner, "Retention", "Invoices are kept for ten years.")
    stack.settled(owner, document)
    viewer = archives.as_role(stack, owner, "viewer")
    for route in ROUTES:
        if route.of == "document" and route.reads:
            assert archives.ask(stack, viewer, route, document).is_success, route


@pytest.mark.parametrize("route", [route for route in ROUTES if route.needs != "nothing"], ids=str)
def test_nobody_gets_in_without_a_token(stack: Stack, route: Route) -> None:
    answer = archives.ask(stack, None, route, uuid4())
    assert name(refused(answer, 401)) == "unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ["worker", "anonymous", "root", "OWNER", ""])
def test_a_role_that_people_do_not_have_is_no_role(stack: Stack, owner: Account, role: str) -> None:
    answer = stack.client.get(
        "/api/v1/tenant", headers=archives.as_role(stack, owner, role).headers
    )
    refused(answer, 401)
