"""Tenants can't see each other, whatever a query forgets."""

import psycopg
import pytest

from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import logs
from tests.servers import Database

TENANT_TABLES = """
SELECT c.oid::regclass::text, c.relrowsecurity, c.relforcerowsecurity,
       pg_get_userbyid(c.relowner)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('log', 'read', 'work', 'vault') AND c.relkind IN ('r', 'p')
"""


def test_without_a_tenant_the_application_sees_no_event(database: Database) -> None:
    async def body(store: PostgresEventStore) -> None:
        await store.append(logs.tenant(), logs.command())

    logs.with_store(database.app_url, body)
    with psycopg.connect(database.app_url) as connection:
        for table in (b"log.events", b"log.heads", b"log.commands", b"log.claims"):
            assert connection.execute(b"SELECT * FROM " + table).fetchall() == []


def test_a_tenant_sees_its_own_events_alone(database: Database) -> None:
    one, two = logs.tenant(), logs.tenant()

    async def body(store: PostgresEventStore) -> None:
        await store.append(one, logs.command())
        await store.append(two, logs.command())

    logs.with_store(database.app_url, body)
    with psycopg.connect(database.app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(one)])
        assert connection.execute("SELECT DISTINCT tenant_id FROM log.events").fetchall() == [
            (one,)
        ]


def test_the_context_of_a_call_does_not_leak_into_the_next(database: Database) -> None:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(logs.tenant())])
        left = connection.execute("SELECT current_setting('app.tenant_id', true)").fetchone()
        assert left in {("",), (None,)}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO log.heads VALUES (gen_random_uuid(), 0, sha256(''), now())",
        "UPDATE log.heads SET position = 0",
        "DELETE FROM log.events",
        "TRUNCATE log.events",
        "INSERT INTO log.claims VALUES ('x', 'y', gen_random_uuid(), gen_random_uuid())",
        "DELETE FROM log.commands",
        "ALTER TABLE log.events DISABLE ROW LEVEL SECURITY",
        "SELECT * FROM vault.person_keys",
        "INSERT INTO vault.person_keys VALUES (gen_random_uuid(), gen_random_uuid(), 'x', 'y')",
        "UPDATE vault.person_keys SET wrapped_key = NULL",
        "DELETE FROM vault.person_keys",
        "SET ROLE muniment_owner",
        "CREATE TABLE public.mine (x int)",
    ],
)
def test_the_application_may_not(database: Database, statement: str) -> None:
    with (
        psycopg.connect(database.app_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["muniment_owner", "muniment_appender", "muniment_pruner"])
def test_nobody_logs_in_as_the_role_behind_a_function(database: Database, role: str) -> None:
    with psycopg.connect(database.admin_url) as connection:
        rights = connection.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = %s",
            [role],
        ).fetchone()
    assert rights == (False,) * 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log.events SET actor = 'x'",
        "DELETE FROM log.events",
        "TRUNCATE log.events",
        "DELETE FROM log.heads",
        "SELECT * FROM log.commands",
        "DELETE FROM log.commands",
        "SELECT * FROM log.claims",
        "SELECT * FROM work.jobs",
    ],
)
def test_the_appender_can_do_nothing_but_append(database: Database, statement: str) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET ROLE muniment_appender")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_every_table_is_under_forced_row_level_security(database: Database) -> None:
    with psycopg.connect(database.admin_url) as connection:
        tables = connection.execute(TENANT_TABLES).fetchall()
    assert len(tables) > 8
    for name, enabled, forced, owner in tables:
        assert (enabled, forced, owner) == (True, True, "muniment_owner"), name


def test_the_application_role_has_no_way_around(database: Database) -> None:
    with psycopg.connect(database.app_url) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        member_of = connection.execute(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
            " WHERE r.rolname = current_user"
        ).fetchone()
    assert role == (False, False, False, False)
    assert member_of == (0,)
