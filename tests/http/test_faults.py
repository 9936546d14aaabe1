"""What callers see when the server itself is in trouble: little, soon, and not for long."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.api import Account
from tests.http import archives, web_log
from tests.http.problems import guarded, is_id, name, refused
from tests.stack import Stack

BASES = "/api/v1/knowledge-bases"
TELLTALES = (
    *("Traceback", "psycopg", "relation", "SELECT", "read.", "log.events", "site-packages", ".py"),
    *("postgresql", "muniment_app", "Undefined", "Failing row", "CheckViolation"),
)


@pytest.fixture(scope="module")
def account(web_alone: Stack) -> Account:
    return archives.registered_alone(web_alone)


@contextlib.contextmanager
def altered(stack: Stack, change: str, back: str) -> Iterator[None]:
    """The stack's database with a change of its schema, for the length of a `with` block."""
    with psycopg.connect(stack.database.admin_url, autocommit=True) as connection:
        connection.execute(change.encode())
        try:
            yield
        finally:
            connection.execute(back.encode())


@contextlib.contextmanager
def database_down(stack: Stack) -> Iterator[None]:
    """Nobody is let into the stack's database, and whoever was in it is thrown out."""
    outside = stack.database.admin_url.replace(f"/{stack.database.name}?", "/postgres?")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    database = sql.Identifier(stack.database.name)
    throw_out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(outside, autocommit=True) as connection:
        connection.execute(allow.format(database, sql.SQL("false")))
        connection.execute(throw_out, [stack.database.name])
        try:
            yield
        finally:
            connection.execute(allow.format(database, sql.SQL("true")))


def unforeseen(stack: Stack, answer: Any) -> str:
    """What the log says about a 500 that tells its caller nothing but an id."""
    problem = refused(answer, 500)
    assert name(problem) == "internal-error"
    assert set(problem) == {"type", "title", "status", "detail", "request_id", "error_id"}
    assert is_id(problem["error_id"])
    for telltale in TELLTALES:
        assert telltale not in answer.text, telltale
    told = web_log.lines_of(stack, problem["request_id"])
    assert problem["error_id"] in told
    return told


def test_an_error_that_nobody_foresaw_tells_an_id_and_the_log_the_rest(
    web_alone: Stack, account: Account
) -> None:
    with altered(
        web_alone,
        "ALTER TABLE read.knowledge_bases_v1 RENAME COLUMN name TO gone",
        "ALTER TABLE read.knowledge_bases_v1 RENAME COLUMN gone TO name",
    ):
        answer = web_alone.client.get(BASES, headers=account.headers)
    told = unforeseen(web_alone, answer)
    assert "psycopg.errors.UndefinedColumn: 42703" in told
    assert "knowledge_base_list.py" in told
    assert web_alone.client.get(BASES, headers=account.headers).is_success


def test_a_lost_read_model_is_a_reason_to_try_again(web_alone: Stack, account: Account) -> None:
    with altered(
        web_alone,
        "ALTER TABLE read.knowledge_bases_v1 RENAME TO gone",
        "ALTER TABLE read.gone RENAME TO knowledge_bases_v1",
    ):
        answer = web_alone.client.get(BASES, headers=account.headers)
    problem = refused(answer, 503)
    assert name(problem) == "read-model-lost"
    assert answer.headers["retry-after"] == "1"
    assert "gone" not in answer.text
    assert "knowledge_bases" not in answer.text
    assert "UndefinedTable" in web_log.lines_of(web_alone, problem["request_id"])
    assert web_alone.client.get(BASES, headers=account.headers).is_success


def test_a_row_that_the_database_refuses_is_not_in_the_log(web_alone: Stack) -> None:
    slug, email = f"t-{uuid4().hex[:12]}", f"secret-{uuid4().hex[:8]}@example.org"
    body = {
        "name": "Personal",
        "slug": slug,
        "owner": {"email": email, "password": "Correct-Horse-7", "display_name": "Ada Personal"},
    }
    with altered(
        web_alone,
        "ALTER TABLE log.events ADD CONSTRAINT odd CHECK (length(type) < 5) NOT VALID",
        "ALTER TABLE log.events DROP CONSTRAINT odd",
    ):
        told = unforeseen(web_alone, web_alone.client.post("/api/v1/tenants", json=body))
    assert "psycopg.errors.CheckViolation: 23514" in told
    assert "log events odd" in told
    for secret in (email, "Ada Personal", "Correct-Horse-7", slug, "Failing row"):
        assert secret not in told
        assert secret.encode().hex()[:24] not in told


def test_readiness_tells_what_is_lost_and_which_command_mends_it(web_alone: Stack) -> None:
    with altered(
        web_alone,
        "ALTER TABLE read.checkpoints RENAME TO gone",
        "ALTER TABLE read.gone RENAME TO checkpoints",
    ):
        ready = web_alone.client.get("/health/ready")
    assert (ready.status_code, ready.json()["projections"]) == (503, "lost")
    detail = ready.json()["detail"]
    assert ("read.checkpoints" in detail, "`muniment replay --yes`" in detail) == (True, True)
    assert web_alone.client.get("/health/ready").status_code == 200


def test_without_its_database_the_server_lives_and_says_that_it_is_not_ready(
    web_alone: Stack, account: Account
) -> None:
    client = web_alone.client
    ready = client.get("/health/ready").json()
    assert (ready["status"], ready["database"]) == ("ready", "ok")
    with database_down(web_alone):
        live = client.get("/health/live")
        assert (live.status_code, live.json()) == (200, {"status": "live"})
        ready = client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json() == {"status": "not ready", "database": "unavailable"}
        guarded(ready)
        login = {"email": "nobody@example.org", "password": "Correct-Horse-7"}
        for answer in (
            client.get(BASES, headers=account.headers),
            client.post(BASES, headers=account.headers, json={"name": "Contracts"}),
            client.post("/api/v1/auth/login", json=login),
        ):
            assert name(refused(answer, 503)) == "unavailable"
            assert int(answer.headers["retry-after"]) >= 1
            for telltale in TELLTALES:
                assert telltale not in answer.text, telltale
        refused(client.get(BASES), 401)
        refused(client.post("/api/v1/auth/login", json={}), 422)
    back = time.monotonic() + 30
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() < back
        time.sleep(0.05)
    assert client.get(BASES, headers=account.headers).is_success
    made = client.post(BASES, headers=account.headers, json={"name": "Contracts"})
    assert made.status_code == 201


def test_a_refusal_for_lack_of_a_database_comes_within_seconds(
    web_alone: Stack, account: Account
) -> None:
    slowest = 0.0
    with database_down(web_alone):
        while slowest < 1:  # until no lost connection is left in the pool to fail at once
            began = time.monotonic()
            refused(web_alone.client.get(BASES, headers=account.headers), 503)
            slowest = max(slowest, time.monotonic() - began)
    assert slowest < 5


@pytest.mark.parametrize("host", [
    "127.0.0.1", "127.0.0.1:8000", "archive.example.org", "A.B.EXAMPLE.ORG:443",
])  # fmt: skip
def test_a_host_that_is_trusted_is_served(web_alone: Stack, host: str) -> None:
    assert web_alone.client.get("/health/live", headers={"Host": host}).is_success


@pytest.mark.parametrize("host", [
    "evil.example", "example.org", "archive.example.org.evil.example", "archiveXexample.org",
    "127.0.0.1.evil.example", "127x0x0x1", "evil.example:127.0.0.1", "", "*", "*.example.org@evil",
    "archive.example.org:80@evil.example",
])  # fmt: skip
def test_a_host_that_is_forged_is_refused(web_alone: Stack, account: Account, host: str) -> None:
    for path in ("/health/live", "/api/v1/tenant", "/docs"):
        headers = {**account.headers, "Host": host, "X-Forwarded-Host": "127.0.0.1"}
        answer = web_alone.client.get(path, headers=headers)
        assert name(refused(answer, 400)) == "host-not-trusted"
