"""Logs tell what happened, and hold no secret and no person."""

import re
from uuid import uuid4

import httpx2
import psycopg
import pytest

from infrastructure.event_log import codec
from interfaces import tracebacks
from tests.http import archives, exchange, web_log
from tests.http.archives import Archive
from tests.http.problems import refused
from tests.http.routes import ROUTES
from tests.servers import Database
from tests.stack import Stack

PROCESSES = ("web", "worker", "scheduler")
TOKEN = re.compile(r"eyJ[\w-]{10,}")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
HASH = re.compile(r"\$2[aby]\$\d\d\$")


@pytest.fixture(scope="module")
def archive(stack: Stack) -> Archive:
    return archives.filled(stack, "Ada keeps the invoices under the seventh stone.")


def everything_said(stack: Stack) -> str:
    return "\n".join(stack.log(process) for process in PROCESSES)


def test_a_day_of_requests_leaves_no_secret_in_any_log(stack: Stack, archive: Archive) -> None:
    account = archive.account
    credentials = {"email": account.email, "password": account.password}
    pair = stack.client.post("/api/v1/auth/login", json=credentials).json()
    renewed = stack.client.post(
        "/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]}
    ).json()
    for wrong in (
        {"password": "Wrong-Horse-8"},
        {"email": f"x{account.email}"},
        {"tenant": "\x00"},
    ):
        refused(stack.client.post("/api/v1/auth/login", json=credentials | wrong), 401)
    for route in ROUTES:
        if not route.path.endswith("/logout"):
            archives.ask(stack, account, route, archives.own_id(archive, route))
            archives.ask(stack, None, route, archives.own_id(archive, route))
    broken = {"file": (f"{account.email}.pdf", b"%PDF-1.7\n")}
    added = stack.client.post("/api/v1/documents", headers=account.headers, files=broken)
    stack.settled(account, added.json()["id"])
    last = stack.client.get("/health/live")
    web_log.lines_of(stack, last.headers["x-request-id"])
    said = everything_said(stack)
    for secret in (
        *(account.password, "Wrong-Horse-8", account.email, archive.text, "seventh stone"),
        *(pair["access_token"], pair["refresh_token"], renewed["refresh_token"]),
        *(value for key, value in stack.environment.items() if key.startswith("MUNIMENT_JWT")),
        *(
            stack.environment[f"MUNIMENT_{name}"]
            for name in ("PASSWORD_PEPPER", "LOOKUP_KEY", "ADMIN_TOKEN", "VAULT_KEY")
        ),
        *(stack.database.app_url, "the-app-password"),
    ):
        assert secret not in said
    for pattern in (TOKEN, ADDRESS, HASH):
        assert pattern.findall(said) == []


def test_every_request_is_one_line_with_its_id_and_status(stack: Stack) -> None:
    request_id = f"one-line-{uuid4()}"
    refused(stack.client.get("/nope", headers={"X-Request-ID": request_id}), 404)
    told = web_log.lines_of(stack, request_id)
    assert "\n" not in told
    for part in ("http.request", "method=GET", "path=/nope", "status=404", "milliseconds="):
        assert part in told
    assert stack.log("web").count(request_id) == 1


def test_no_path_writes_a_line_of_its_own(stack: Stack) -> None:
    forged = "2026-11-20T00:00:00Z [error] forged"
    for path in (f"/a%0a{forged}", f"/a%0d%0a{forged}", f"/a%1b[2J{forged}", "/a%e2%80%a8forged"):
        request_id = str(uuid4())
        address = path.replace(" ", "%20")
        exchange.send(stack, exchange.head("GET", address, X_Request_ID=request_id))
        assert "\n" not in web_log.lines_of(stack, request_id)
    said = stack.log("web")
    assert "forged" in said
    assert "\x1b" not in said
    assert "\u2028" not in said
    for line in said.splitlines():
        assert not line.startswith(forged)


def refusal(database: Database, statement: bytes) -> psycopg.Error:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (email text UNIQUE, age int CHECK (age > 0))")
        connection.execute("INSERT INTO people VALUES ('ada@example.org', 36)")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement)
    return caught.value


@pytest.mark.parametrize(("statement", "told"), [
    (b"INSERT INTO people VALUES ('eve@example.org', -1)", "23514 new row for relation"),
    (b"INSERT INTO people VALUES ('ada@example.org', 2)", "23505 duplicate key value violates"),
    (b"SELECT 'ada@example.org'::uuid", "22P02"),
    (b"SELECT x FROM people", '42703 column "x" does not exist'),
])  # fmt: skip
def test_an_error_of_the_database_is_told_without_its_values(
    database: Database, statement: bytes, told: str
) -> None:
    error = refusal(database, statement)
    assert ("@example.org" in str(error)) == (b"@example.org" in statement)
    rendered = tracebacks.render((type(error), error, error.__traceback__))
    assert told in rendered
    assert "@example.org" not in rendered


def test_an_error_is_told_with_those_it_came_from(database: Database) -> None:
    statement = b"INSERT INTO people VALUES ('eve@example.org', -1)"
    try:
        try:
            raise refusal(database, statement)
        except psycopg.Error as error:
            raise codec.Undecodable("position 7") from error
    except codec.Undecodable as error:
        rendered = tracebacks.render((type(error), error, error.__traceback__))
    assert rendered.index("CheckViolation: 23514") < rendered.index("Undecodable: position 7")
    assert "That was the cause of" in rendered
    assert "eve@example.org" not in rendered


def test_a_refused_request_tells_the_log_no_more_than_its_caller(stack: Stack) -> None:
    with httpx2.Client(base_url=stack.url) as client:
        answer = client.get(
            "/api/v1/tenant",
            headers={"Authorization": "Bearer eyJsecret.eyJsecret.secret", "Cookie": "s=hidden"},
        )
    web_log.lines_of(stack, refused(answer, 401)["request_id"])
    assert "eyJsecret" not in stack.log("web")
    assert "s=hidden" not in stack.log("web")
