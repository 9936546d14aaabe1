"""The engines run as root's borrowed account and as an ordinary user alike."""

import os
import traceback
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from infrastructure.embedded import account, cluster
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.embedded.valkey import EmbeddedValkey

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root to change the user")


@needs_root
def test_root_lends_the_engines_an_account_without_rights(data_dir: Path) -> None:
    postgres, valkey = EmbeddedPostgres(data_dir), EmbeddedValkey(data_dir)
    try:
        postgres.start()
        valkey.start()
        for pid in (postgres.pid, valkey.pid):
            assert psutil.Process(pid).uids().effective != 0
    finally:
        valkey.stop()
        postgres.stop()


@needs_root
def test_an_ordinary_user_starts_both_engines(data_dir: Path) -> None:
    account.open_program(cluster.programs().parent, account.borrowed())
    os.chown(data_dir, NOBODY, NOBODY)
    child = os.fork()
    if child == 0:
        os._exit(start_as_nobody(data_dir / "deep"))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def start_as_nobody(data_dir: Path) -> int:
    try:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        postgres, valkey = EmbeddedPostgres(data_dir), EmbeddedValkey(data_dir)
        postgres.start()
        valkey.start()
        psycopg.connect(postgres.admin_url).close()
        redis.Redis.from_url(valkey.url).ping()
        valkey.stop()
        postgres.stop()
    except BaseException:  # noqa: BLE001 - the forked child must not go on as a second pytest
        traceback.print_exc()
        return 1
    return 0
