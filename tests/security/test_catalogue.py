"""What PostgreSQL's own catalogue says of the walls between tenants."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from infrastructure import catalogue_audit
from infrastructure.sql import Queries
from tests import servers as run_servers

SQL = Queries(__package__, "catalogue.sql")
APP = "muniment_app"
OF_NO_TENANT = {"log.restores", "log.seal_keys", "read.generations", "read.serving"} | {
    "read.pauses",
    "read.heartbeats",
    "read.standing",
}
"""The same for everybody: public keys, and which read models there are."""


@pytest.fixture(scope="module")
def catalogue(servers: run_servers.Servers) -> Iterator[Connection[Any]]:
    with (
        run_servers.fresh_database(servers) as fresh,
        psycopg.connect(fresh.admin_url, autocommit=True) as connection,
    ):
        yield connection


def rows(catalogue: Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return catalogue.execute(SQL[query]).fetchall()


def test_every_table_of_tenants_is_under_forced_row_level_security(
    catalogue: Connection[Any],
) -> None:
    found = rows(catalogue, "tables")
    assert len(found) > 10
    for table, enabled, forced, owner, has_tenant in found:
        assert (owner, enabled, forced) == ("muniment_owner", True, True), table
        assert has_tenant == (table not in OF_NO_TENANT), table


def test_what_the_application_sees_is_decided_by_its_tenant_alone(
    catalogue: Connection[Any],
) -> None:
    guarded = set()
    for table, condition, roles in rows(catalogue, "policies"):
        if table not in OF_NO_TENANT and (not roles or APP in roles):
            assert condition == catalogue_audit.OWN_ROWS, table
            guarded.add(table)
    tables = {table for table, *_ in rows(catalogue, "tables")}
    assert tables - guarded == OF_NO_TENANT


def test_the_audit_of_every_start_finds_no_fault_and_has_something_to_look_at(
    catalogue: Connection[Any],
) -> None:
    with catalogue.transaction():
        catalogue.execute("SET LOCAL SESSION AUTHORIZATION muniment_app")
        assert catalogue_audit.faults(catalogue) == []
    assert [kind for _, kind in rows(catalogue, "views")] == ["v"] * len(rows(catalogue, "views"))
    assert rows(catalogue, "views")


def test_the_application_may_not_write_to_the_log_or_empty_any_table(
    catalogue: Connection[Any],
) -> None:
    for table, right in rows(catalogue, "rights"):
        assert not table.startswith("log."), (table, right)
        assert right in {"INSERT", "UPDATE", "DELETE"}, (table, right)


def test_what_runs_with_more_rights_is_nobodys_tool(catalogue: Connection[Any]) -> None:
    found = rows(catalogue, "functions")
    assert found
    for function, owner, has_path, public in found:
        assert owner in {"muniment_owner", "muniment_appender", "muniment_pruner"}, function
        assert (has_path, public) == (True, False), function


def test_no_role_of_ours_has_a_way_around(catalogue: Connection[Any]) -> None:
    found = rows(catalogue, "roles")
    assert {name for name, *_ in found} >= {APP, "muniment_owner", "muniment_pruner"}
    for name, *powers in found:
        assert not any(powers), name
