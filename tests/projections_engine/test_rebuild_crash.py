"""A rebuild that is killed goes on where it stood, and what it made is the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg
import pytest

from domain.ids import TenantId
from infrastructure.database import BatchDatabase
from projections.engine.registry import Registry
from tests.cli import installation
from tests.projections_engine import histories, multiplied, rebuilding
from tests.servers import Database

TENANTS = 24
DOCUMENTS = 40
KILLS = 2


def muniment(database: Database, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli.main", "projections", *arguments],
        env={**os.environ, **installation.environment(database)},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def filled(database: Database) -> int:
    """How many tenants a generation that is being built has events of."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(
            "SELECT count(DISTINCT tenant_id) FROM read.checkpoints WHERE generation > 0"
        ).fetchone()
    return row[0] if row else 0


def killed_while_filling(database: Database, arguments: Sequence[str], more_than: int) -> None:
    """Start a rebuild, kill it as soon as it has come further; its children go by themselves."""
    process = muniment(database, *arguments)
    deadline = time.monotonic() + 60
    while filled(database) <= more_than and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


@pytest.mark.parametrize("processes", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_a_rebuild_killed_again_and_again_ends_with_the_same_rows(
    database: Database, processes: str
) -> None:
    tenants = multiplied.tenants(database, TENANTS, documents=DOCUMENTS)
    for tenant in tenants[:3]:
        histories.run(database.app_url, TenantId(tenant))
    arguments = ("rebuild", "document_list", "document_status", "--processes", processes, "--json")
    reached = 0
    for _ in range(KILLS):
        killed_while_filling(database, arguments, reached)
        reached = filled(database)
    assert 0 < reached < TENANTS
    process = muniment(database, *arguments)
    told, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    done = json.loads(told)
    assert done["resumed"]
    assert done["differences"] == {"document_list": 0, "document_status": 0}
    with rebuilding.batches(database.app_url) as batches:
        assert len(Registry(batches).every()) == 2
        again(batches)


def again(batches: BatchDatabase) -> None:
    """Another rebuild of everything, from the log anew, finds nothing else."""
    assert not rebuilding.rebuild(batches).differing


def test_ctrl_c_leaves_a_rebuild_that_can_go_on_or_be_given_up(database: Database) -> None:
    multiplied.tenants(database, 10 * TENANTS, documents=DOCUMENTS)
    arguments = ("rebuild", "document_list", "--processes", "2")
    process = muniment(database, *arguments)
    while not filled(database):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "goes on where it stood" in complaint.splitlines()[-1]
    gone = muniment(database, "cancel", "document_list")
    assert gone.wait(30) == 0
    assert filled(database) == 0
    with psycopg.connect(database.admin_url) as connection:
        schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'read_g%'"
        assert connection.execute(schemas).fetchone() == (0,)
