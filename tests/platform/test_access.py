"""Who may operate the installation: whoever holds the administrators' token, and nobody else."""

import secrets
from pathlib import Path

import pytest

from tests import servers as run_servers
from tests import stack as stacks
from tests.api import Account
from tests.http.problems import name, refused
from tests.http.routes import NOBODYS, ROUTES, Route
from tests.stack import Stack

ADMIN = [route for route in ROUTES if route.needs == "the platform"]
OTHERS = [
    route
    for route in ROUTES
    if route.needs in ("a login", "the right to write", "the right to manage")
]


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Account:
    return stack.register()


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_an_owner_of_a_tenant_is_no_administrator(
    stack: Stack, owner: Account, route: Route
) -> None:
    request = route.request(NOBODYS)
    request["headers"] |= owner.headers
    assert name(refused(stack.client.request(**request), 403)) == "forbidden"


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_a_token_that_is_nearly_right_is_as_wrong_as_any(stack: Stack, route: Route) -> None:
    right = stack.administrator["Authorization"]
    scheme, _, token = right.partition(" ")
    wrong = [right[:-1], right + "x", f"Basic {token}", token, scheme, f"{scheme} {token} x"]
    for given in [*wrong, f"{scheme} {token.upper()}", f"{scheme} {token[:16]}"]:
        request = route.request(NOBODYS)
        request["headers"]["Authorization"] = given
        assert name(refused(stack.client.request(**request), 401)) == "unauthorized"


def test_a_token_is_taken_from_one_header_alone(stack: Stack) -> None:
    twice = [("Authorization", stack.administrator["Authorization"])] * 2
    refused(stack.client.get("/api/v1/admin/projections", headers=twice), 401)
    token = stack.administrator["Authorization"].partition(" ")[2]
    address = f"/api/v1/admin/projections?token={token}&access_token={token}"
    refused(stack.client.get(address, headers={"Cookie": f"token={token}"}), 401)


@pytest.mark.parametrize("route", OTHERS, ids=str)
def test_the_administrators_token_is_no_login(stack: Stack, route: Route) -> None:
    request = route.request(NOBODYS)
    request["headers"] |= stack.administrator
    assert name(refused(stack.client.request(**request), 401)) == "unauthorized"


def test_an_administrator_sees_the_projections(stack: Stack) -> None:
    answer = stack.client.get("/api/v1/admin/projections", headers=stack.administrator)
    assert "document_list" in [item["projection"] for item in answer.json()["items"]]


def test_where_no_token_is_set_nobody_is_an_administrator(
    servers: run_servers.Servers, tmp_path: Path
) -> None:
    own = ("JWT_SECRET", "PASSWORD_PEPPER", "LOOKUP_KEY", "SEAL_KEY", "VAULT_KEY")
    settings = {f"MUNIMENT_{name}": secrets.token_urlsafe(48) for name in own} | {
        "MUNIMENT_ENVIRONMENT": "production",
        "MUNIMENT_ADMIN_TOKEN": "",
        "MUNIMENT_BCRYPT_COST": "10",
    }
    broker_url = stacks.broker_of(servers.valkey_url, 15)
    with (
        run_servers.fresh_database(servers) as fresh,
        stacks.running(fresh, broker_url, tmp_path, names=["web"], settings=settings) as alone,
    ):
        for given in ("Bearer", "Bearer -", "Bearer None", alone.administrator["Authorization"]):
            headers = {"Authorization": given}
            refused(alone.client.get("/api/v1/admin/projections", headers=headers), 401)
