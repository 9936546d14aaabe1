"""A process looks at the walls between tenants before it starts, and says what is wrong."""

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from infrastructure import catalogue_audit
from infrastructure.catalogue_audit import Fault
from tests import servers as run_servers
from tests.servers import Database
from tests.stack import Stack

PASSWORD = "of-a-role-of-this-test"
FAULTS = [
    ("ALTER TABLE work.jobs DISABLE ROW LEVEL SECURITY", "not_enabled", "work.jobs"),
    ("ALTER TABLE log.events NO FORCE ROW LEVEL SECURITY", "not_forced", "log.events"),
    ("ALTER TABLE vault.person_keys NO FORCE ROW LEVEL SECURITY",
     "not_forced", "vault.person_keys"),
    ("CREATE TABLE read.planted (tenant_id uuid)", "not_enabled", "read.planted"),
    ("CREATE TABLE work.planted (tenant_id uuid) PARTITION BY LIST (tenant_id)",
     "not_enabled", "work.planted"),
    ("CREATE SCHEMA read_g77; CREATE TABLE read_g77.documents_v1 (tenant_id uuid)",
     "not_enabled", "read_g77.documents_v1"),
    ("CREATE SCHEMA a_copy AUTHORIZATION muniment_owner; CREATE TABLE a_copy.x (tenant_id uuid)",
     "not_enabled", "a_copy.x"),
    ("CREATE POLICY planted ON work.jobs USING (true)", "wide_policy", "planted on work.jobs"),
    ("CREATE POLICY planted ON work.jobs FOR INSERT TO muniment_app WITH CHECK (true)",
     "wide_policy", "planted on work.jobs"),
    ("ALTER POLICY one_tenant ON log.events USING (tenant_id IS NOT NULL)",
     "wide_policy", "one_tenant on log.events"),
    ("ALTER VIEW log.readable_events RESET (security_invoker)",
     "owners_view", "log.readable_events"),
    ("ALTER VIEW log.readable_events SET (security_invoker = off)",
     "owners_view", "log.readable_events"),
    ("CREATE MATERIALIZED VIEW read.planted AS SELECT * FROM log.events",
     "unguarded", "read.planted"),
    ("GRANT TRUNCATE ON work.jobs TO muniment_app", "empties", "muniment_app on work.jobs"),
    ("GRANT TRUNCATE ON work.jobs TO PUBLIC", "empties", "muniment_app on work.jobs"),
    ("GRANT INSERT ON log.claims TO muniment_app", "writes_log", "muniment_app on log.claims"),
    ("ALTER TABLE work.jobs OWNER TO muniment_app", "owner", "muniment_app of work.jobs"),
    ("ALTER SCHEMA work OWNER TO muniment_app", "owner", "muniment_app of the schema work"),
    ("ALTER FUNCTION log.append_one OWNER TO muniment_app",
     "owner", "muniment_app of log.append_one"),
]  # fmt: skip


def faults(url: str) -> list[Fault]:
    with psycopg.connect(url, autocommit=True) as connection:
        return catalogue_audit.faults(connection)


@pytest.fixture(scope="module")
def sound(servers: run_servers.Servers) -> Iterator[Database]:
    with run_servers.fresh_database(servers) as fresh:
        yield fresh


@pytest.fixture
def role(postgres_admin_url: str) -> Iterator[str]:
    """The name of a role that may log in."""
    name = f"planted_{secrets.token_hex(6)}"
    named = sql.Identifier(name)
    with psycopg.connect(postgres_admin_url, autocommit=True) as connection:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(named, sql.Literal(PASSWORD))
        connection.execute(made)
        yield name
        connection.execute(sql.SQL("DROP ROLE {}").format(named))


def test_a_migrated_database_has_no_fault_and_the_question_is_quick(sound: Database) -> None:
    with psycopg.connect(sound.app_url, autocommit=True) as connection:
        assert catalogue_audit.faults(connection) == []
        catalogue_audit.check(connection)
        took = []
        for _ in range(10):
            began = time.perf_counter()
            catalogue_audit.faults(connection)
            took.append(time.perf_counter() - began)
    assert min(took) < 0.02


@pytest.mark.parametrize(
    ("statement", "kind", "subject"), FAULTS, ids=lambda value: str(value)[:60]
)
def test_a_fault_of_the_database_is_named(
    sound: Database, statement: str, kind: str, subject: str
) -> None:
    """It is planted in a transaction that is rolled back, and looked at as the application."""
    with psycopg.connect(sound.admin_url) as connection:
        connection.execute(statement)
        connection.execute("SET LOCAL SESSION AUTHORIZATION muniment_app")
        found = catalogue_audit.faults(connection)
        connection.rollback()
    assert any(each.kind == kind and each.subject.startswith(subject) for each in found), found
    assert {each.kind for each in found} == {kind}, found
    assert faults(sound.app_url) == []


@pytest.mark.parametrize(
    ("power", "kind"),
    [
        ("SUPERUSER", "superuser"),
        ("BYPASSRLS", "bypasses"),
        ("REPLICATION", "replicates"),
        ("CREATEROLE", "makes_roles"),
    ],
)
def test_a_role_with_a_power_is_named(sound: Database, role: str, power: str, kind: str) -> None:
    with psycopg.connect(sound.admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} " + power).format(sql.Identifier(role)))
    assert faults(as_role(sound, role)) == [Fault(kind, role)]


def test_a_role_that_is_a_member_of_another_is_named(sound: Database, role: str) -> None:
    with psycopg.connect(sound.admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("GRANT muniment_owner TO {}").format(sql.Identifier(role)))
    assert faults(as_role(sound, role)) == [Fault("member", f"{role} of muniment_owner")]


def test_a_superuser_who_took_a_lesser_role_is_seen_through(sound: Database) -> None:
    with psycopg.connect(sound.admin_url) as connection:
        connection.execute("SET ROLE muniment_app")
        found = catalogue_audit.faults(connection)
    assert "superuser" in {each.kind for each in found}


def test_a_database_that_is_not_migrated_is_named(servers: run_servers.Servers) -> None:
    found = faults(servers.postgres_admin_url)
    assert Fault("not_migrated", urlsplit(servers.postgres_admin_url).path.strip("/")) in found


def test_many_faults_are_told_in_one_line_with_what_to_do() -> None:
    refusal = catalogue_audit.UnfitDatabase([Fault("not_forced", f"t{n}") for n in range(5)])
    assert "\n" not in str(refusal)
    assert "row-level security is not forced on t0 (ALTER TABLE" in str(refusal)
    assert str(refusal).endswith("; and 2 more")


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_no_process_starts_over_a_fault(
    servers: run_servers.Servers, database: Database, tmp_path: Path, name: str
) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE work.jobs NO FORCE ROW LEVEL SECURITY")
    stack = Stack(database, servers.valkey_url, tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", name],
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        "muniment: the database is not as it must be: "
        "row-level security is not forced on work.jobs (ALTER TABLE … FORCE ROW LEVEL SECURITY)\n"
    )


def test_a_process_waits_for_its_database_and_looks_at_it_then(
    servers: run_servers.Servers, sound: Database, tmp_path: Path
) -> None:
    name = f"late_{secrets.token_hex(6)}"
    app_url = urlsplit(sound.app_url)._replace(path=f"/{name}").geturl()
    stack = Stack(Database(name, sound.admin_url, app_url), servers.valkey_url, tmp_path)
    stack.start(["scheduler"])
    deadline = time.monotonic() + 60
    while "database.awaited" not in stack.log("scheduler"):
        assert stack.processes["scheduler"].poll() is None, stack.log("scheduler")
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with psycopg.connect(servers.postgres_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            assert stack.processes["scheduler"].wait(60) == 1
        finally:
            stack.stop()
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)
    told = stack.log("scheduler").splitlines()[-1]
    assert told.endswith(f"the database {name} has no event log (run `muniment migrate`)")


def as_role(database: Database, role: str) -> str:
    address = urlsplit(database.app_url)
    host = address.netloc.rpartition("@")[2]
    return address._replace(netloc=f"{role}:{PASSWORD}@{host}").geturl()
