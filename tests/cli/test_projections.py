"""`muniment projections …` as a person runs it."""

import json

import psycopg
import pytest

from domain.ids import PLATFORM, TenantId
from infrastructure.event_log import codec
from projections.engine.registry import NotPossible
from tests.cli.installation import muniment
from tests.event_log import logs
from tests.projections_engine import histories
from tests.servers import Database


@pytest.fixture
def tenant(database: Database) -> TenantId:
    found = logs.tenant()
    steps = [(logs.stream(), [histories.ADDED]) for _ in range(5)]
    histories.write(database.app_url, found, steps)
    histories.run(database.app_url, found)
    return found


def deeds(database: Database) -> list[str]:
    """What the platform's log holds, in order."""
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT type, schema, data, actor FROM log.events"
            " WHERE tenant_id = %s ORDER BY position",
            [PLATFORM],
        ).fetchall()
    assert all(actor.startswith("cli:") for *_, actor in rows)
    assert all(codec.decode(*event) for *event, _ in rows)
    return [type_ for type_, *_ in rows]


@pytest.mark.usefixtures("tenant")
def test_everything_is_rebuilt_switched_and_rolled_back_on_record(database: Database) -> None:
    result = muniment(database, "projections", "rebuild", "--all", "--switch", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert set(told["differences"].values()) == {0}
    assert sorted(told["switched"]) == sorted(told["generations"])
    number = str(told["generations"]["document_list"])
    refused = muniment(
        database, "projections", "drop-generation", "document_list", "--generation", number, "--yes"
    )
    assert isinstance(refused.exception, NotPossible)
    back = muniment(database, "projections", "rollback", "document_list")
    assert back.stdout == f"document_list: generation 0 answers again, instead of {number}\n"
    dropped = muniment(
        database,
        "projections",
        "drop-generation",
        "document_list",
        "--generation",
        number,
        answer="y\n",
    )
    assert dropped.exit_code == 0, dropped.output
    listed = muniment(database, "projections", "generations")
    assert f"document_list v1 generation {number}" not in listed.stdout
    assert "chunk_index v2: generation" in listed.stdout
    count = len(told["generations"])
    assert deeds(database) == [
        *["projection.rebuild_started"] * count,
        *["projection.rebuild_finished"] * count,
        *["projection.switched"] * count,
        "projection.rolled_back",
        "projection.generation_dropped",
    ]


def test_damage_is_told_and_repaired(database: Database, tenant: TenantId) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("UPDATE read.documents_v1 SET title = 'Planted' WHERE position = 3")
    found = muniment(database, "projections", "diff", "document_list")
    assert found.exit_code == 1
    assert f"document_list of tenant {tenant} at position 5" in found.stdout
    assert "differs in title" in found.stdout
    assert "Planted" not in found.stdout
    careful = muniment(database, "projections", "rebuild", "document_list", "--switch")
    assert careful.exit_code == 1
    assert "not switched, since rows differ: document_list" in careful.stdout
    number = careful.stdout.partition("document_list: generation ")[2].split()[0]
    repaired = muniment(
        database, "projections", "switch", "document_list", "--generation", number,
        "--accept-differences",
    )  # fmt: skip
    assert repaired.exit_code == 0, repaired.output
    assert muniment(database, "projections", "diff", "--all").exit_code == 0


@pytest.mark.usefixtures("tenant")
def test_a_comparison_leaves_nothing_behind(database: Database) -> None:
    assert muniment(database, "projections", "diff", "--all").exit_code == 0
    with psycopg.connect(database.admin_url) as connection:
        schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'read_g%'"
        assert connection.execute(schemas).fetchone() == (0,)
        left = "SELECT count(*) FROM read.checkpoints WHERE generation > 0"
        assert connection.execute(left).fetchone() == (0,)
    assert "first generation" in muniment(database, "projections", "generations").stdout


@pytest.mark.parametrize("command", ["rebuild", "diff"])
def test_read_models_are_named_or_all_of_them_are_meant(database: Database, command: str) -> None:
    neither = muniment(database, "projections", command)
    assert (neither.exit_code, "or give --all for every one" in neither.stderr) == (2, True)
    both = muniment(database, "projections", command, "--all", "document_list")
    assert (both.exit_code, "not both" in both.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("rebuild", "nothing"),
        ("diff", "nothing"),
        ("rebuild", "pipeline_jobs"),
        ("rebuild", "document_list", "--tenant", "nobody"),
        ("switch", "document_list"),
        ("switch", "document_list", "--generation", "-1"),
        ("drop-generation", "document_list", "--generation", "1", "--json"),
    ],
)
def test_wrong_usage_is_told(database: Database, arguments: tuple[str, ...]) -> None:
    assert muniment(database, "projections", *arguments).exit_code == 2
