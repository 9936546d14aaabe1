"""Where projections stand is told exactly, and as cheaply for ten thousand tenants as for ten."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from interfaces.http import metrics
from projections import catalogue
from projections.engine import reading
from projections.engine.standing import SQL as STANDING
from projections.engine.standing import Standing
from tests import servers as run_servers
from tests import stack as stacks
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.http.problems import refused
from tests.platform.test_pausing import operate, read, write
from tests.projections_engine import histories
from tests.served import wait_until
from tests.servers import Database
from tests.stack import Stack

TENANTS = 10_000
SECONDS_AT_MOST = 30.0
"""A hundred times what each takes: more would be a plan that looks at every pair of tenants."""
BULK = """
INSERT INTO log.heads
SELECT gen_random_uuid(), 3, '\\x00', now() FROM generate_series(1, %(count)s);
INSERT INTO log.events
SELECT tenant_id, n, gen_random_uuid(), 1, 'of.no_interest', 1, '{}', '{}', gen_random_uuid(),
       gen_random_uuid(), gen_random_uuid(), NULL, 'test', now() - interval '1 h', '\\x00'
  FROM log.heads, generate_series(1, 3) AS n;
INSERT INTO read.checkpoints (tenant_id, projection, version, position)
SELECT tenant_id, name, version, 2
  FROM log.heads, unnest(%(projections)s::text[], %(versions)s::int[]) AS p(name, version);
ANALYZE log.heads, log.events, read.checkpoints;
"""


def names() -> dict[str, Any]:
    return reading.names((each.name, each.version) for each in catalogue.PROJECTIONS)


def listed(stack: Stack) -> dict[str, dict[str, Any]]:
    answer = stack.client.get("/api/v1/admin/projections", headers=stack.administrator)
    assert answer.status_code == 200, answer.text
    return {each["projection"]: each for each in answer.json()["items"]}


def test_lag_is_told_in_events_and_seconds_for_one_and_over_all(stack: Stack) -> None:
    account = stack.register()
    assert read(stack, write(stack, account)).is_success
    operate(stack, "pause", tenant_id=account.tenant_id)
    time.sleep(0.5)
    write(stack, account)
    waiting = write(stack, account)
    assert stack.client.get("/api/v1/tenant?wait_ms=20000", headers=waiting).is_success
    time.sleep(1)
    over_all = listed(stack)
    assert over_all["knowledge_base_list"]["events_behind"] >= 2
    assert over_all["knowledge_base_list"]["lag_seconds"] >= 1
    assert over_all["knowledge_base_list"]["serves"] is True
    address = f"/api/v1/admin/tenants/{account.tenant_id}/projections"
    items = stack.client.get(address, headers=stack.administrator).json()["items"]
    one = next(each for each in items if each["projection"] == "knowledge_base_list")
    assert (one["state"], one["events_behind"]) == ("paused", one["head"] - one["position"])
    assert one["events_behind"] == 2
    assert one["lag_seconds"] >= 1
    others = [each for each in items if each["projection"] == "tenant_directory"]
    assert [(each["state"], each["events_behind"]) for each in others] == [("running", 0)]
    operate(stack, "resume", tenant_id=account.tenant_id)
    assert read(stack, waiting).is_success
    unknown = stack.client.get(
        f"/api/v1/admin/tenants/{logs.tenant()}/projections", headers=stack.administrator
    )
    refused(unknown, 404)


def test_metrics_are_for_administrators_and_have_no_tenant_in_them(stack: Stack) -> None:
    account = stack.register()
    refused(stack.client.get("/metrics"), 401)
    refused(stack.client.get("/metrics", headers=account.headers), 403)

    def scraped() -> dict[str, Any]:
        answer = stack.client.get("/metrics", headers=stack.administrator)
        assert answer.headers["content-type"].startswith(metrics.CONTENT_TYPE)
        assert account.tenant_id not in answer.text
        families = text_string_to_metric_families(answer.text)
        return {family.name: family.samples for family in families}

    wait_until(lambda: len(scraped().get(metrics.STATE, [])) > 0, 20)
    found = scraped()
    assert set(found) == {
        *(gauge.name for gauge in metrics.GAUGES),
        metrics.STATE,
        metrics.SWEEP_AGE,
    }
    lag = found["muniment_projection_lag_seconds"]
    assert {each.labels["projection"] for each in lag} >= {"document_list", "tenant_directory"}
    assert all(set(each.labels) == {"projection", "version", "generation"} for each in lag)
    assert found[metrics.SWEEP_AGE][0].value < 10


def test_what_is_behind_is_listed_on_the_command_line(database: Database) -> None:
    tenant = logs.tenant()
    histories.write(database.app_url, tenant, [(logs.stream(), [histories.ADDED])])
    histories.run(database.app_url, tenant)
    told = muniment(database, "projections", "list", "--json")
    found = {each["projection"]: each for each in json.loads(told.stdout)["projections"]}
    assert found["document_list"]["events_behind"] == 0
    assert found["chunk_index"]["events_behind"] == 1
    assert json.loads(told.stdout)["sweep_age_seconds"] is None
    line = muniment(database, "projections", "list").stdout.splitlines()
    assert line[0].startswith("NAME")
    assert line[-1] == "last sweep: never"
    told = muniment(database, "projections", "list", "--tenant", str(tenant), "--json")
    one = {each["projection"]: each for each in json.loads(told.stdout)["projections"]}
    assert (one["chunk_index"]["position"], one["chunk_index"]["head"]) == (0, 1)


def test_ten_thousand_tenants_that_are_all_behind_are_measured_in_time(database: Database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in BULK.split(";")[:-1]:
            parameters = {"count": TENANTS, **names()}
            connection.execute(statement.encode(), parameters)
    seconds: dict[str, float] = {}
    with psycopg.connect(database.app_url, autocommit=True) as connection:

        def timed(name: str, query: bytes) -> list[Any]:
            began = time.monotonic()
            parameters = {**names(), "limit": 500, "overdue_seconds": 300}
            rows = connection.execute(query, parameters).fetchall()
            seconds[name] = time.monotonic() - began
            return rows

        found = timed("stand", b"SELECT * FROM read.stand(%(projections)s, %(versions)s, '5 min')")
        behind = timed("behind", reading.SQL["tenants_behind"])
        timed("keep", STANDING["keep"])
        timed("latest", STANDING["latest"])
    assert len(found) == len(catalogue.PROJECTIONS)
    assert {(row[5], row[6], row[7], row[11]) for row in found} == {(TENANTS,) * 4}
    assert all(3500 < row[12] < 3700 for row in found)
    assert len(behind) == 500
    assert max(seconds.values()) < SECONDS_AT_MOST, seconds


def test_the_sweep_takes_first_whom_one_batch_brings_up_to_date(database: Database) -> None:
    long, short = logs.tenant(), logs.tenant()
    events = [logs.event(f"{number}") for number in range(600)]
    histories.write(database.app_url, long, [(logs.stream(), events)])
    histories.write(database.app_url, short, [(logs.stream(), [histories.CREATED])])
    with psycopg.connect(database.app_url) as connection:
        found = connection.execute(
            "SELECT tenant_id FROM read.tenants_behind(%(projections)s, %(versions)s)", names()
        ).fetchall()
    assert found == [(short,), (long,)]


def standing(**figures: Any) -> Standing:
    usual: dict[str, Any] = {
        "projection": "document_list", "version": 1, "generation": 0, "serves": True,
        "state": "running", "tenants": 100, "tenants_behind": 1, "tenants_overdue": 1,
        "lowest_position": 1, "highest_position": 9, "events_taken": 9, "events_behind": 1,
        "lag_seconds": 400.0, "events_per_second": 0.0, "idle_seconds": 1.0, "dead_letters": 0,
    }  # fmt: skip
    return Standing(**{**usual, **figures})


@pytest.mark.parametrize(("figures", "stuck"), [
    ({}, False), ({"idle_seconds": 301.0}, True), ({"idle_seconds": None}, True),
    ({"tenants_overdue": 50}, True), ({"tenants_overdue": 49}, False),
    ({"idle_seconds": 301.0, "serves": False}, False),
    ({"idle_seconds": 301.0, "state": "paused"}, False),
    ({"idle_seconds": 301.0, "state": "building"}, False),
    ({"idle_seconds": 301.0, "tenants_overdue": 0}, False),
    ({"idle_seconds": 301.0, "state": "failing"}, True),
])  # fmt: skip
def test_one_tenant_that_is_behind_takes_no_server_from_the_others(
    figures: dict[str, Any], stuck: bool
) -> None:
    assert standing(**figures).is_stuck(300) is stuck


def test_readiness_tells_of_a_sweep_that_stopped_and_of_reads_that_are_stuck(
    servers: run_servers.Servers, tmp_path: Path
) -> None:
    settings = {"MUNIMENT_SWEEP_SECONDS_MAX": "5", "MUNIMENT_LAG_SECONDS_MAX": "5"}
    broker_url = stacks.broker_of(servers.valkey_url, 14)
    with (
        run_servers.fresh_database(servers) as database,
        stacks.running(database, broker_url, tmp_path, settings=settings) as stack,
    ):

        def ready(**headers: str) -> dict[str, Any]:
            answer = stack.client.get("/health/ready", headers=headers)
            found: dict[str, Any] = answer.json()
            assert (answer.status_code == 200) == (found["status"] == "ready")
            return found

        def becomes(field: str, value: str) -> Callable[[], bool]:
            return lambda: ready().get(field) == value

        account = stack.register()
        wait_until(becomes("projections", "ok"), 30, ready)
        assert ready() == {"status": "ready", "database": "ok", "sweep": "ok", "projections": "ok"}
        stack.kill("worker")
        write(stack, account)
        wait_until(becomes("projections", "behind"), 40, ready)
        assert "details" not in ready(**account.headers)
        stuck = ready(**stack.administrator)["details"]["stuck"]
        assert "knowledge_base_list" in {each["projection"] for each in stuck}
        stack.start(["worker"])
        wait_until(becomes("status", "ready"), 40, ready)
        stack.kill("scheduler")
        wait_until(becomes("sweep", "stopped"), 30, ready)
        assert ready(**stack.administrator)["details"]["sweep_age_seconds"] > 5
        stack.start(["scheduler"])
        wait_until(becomes("status", "ready"), 30, ready)
