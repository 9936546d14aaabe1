"""Seals are made by the running scheduler, and checked with the keys that the web process tells."""

import time
from pathlib import Path

import psycopg

from infrastructure.event_log import seals
from tests import stack
from tests.event_log import filled
from tests.servers import Database

BROKER_NUMBER = 8
KEYS = "/.well-known/muniment-seal-keys"


def test_a_log_is_sealed_by_itself_and_the_key_is_published(
    database: Database, valkey_url: str, data_dir: Path
) -> None:
    tenant = filled.filled(database)
    settings = {"MUNIMENT_SEAL_KEY": filled.SECRET}
    names = ("web", "scheduler")
    broker = stack.broker_of(valkey_url, BROKER_NUMBER)
    with stack.running(database, broker, data_dir, names=names, settings=settings) as running:
        until = time.monotonic() + 20
        while not sealed(database) and time.monotonic() < until:
            time.sleep(0.1)
        answer = running.client.get(KEYS)
    assert answer.headers["cache-control"] == "max-age=300, public"
    found = filled.verified(database, tenant, keys=seals.read_key_set(answer.content))
    assert (found.findings, found.sealed_position) == ([], 7)
    assert [key["kid"] for key in answer.json()["keys"]] == [filled.KEY.key_id]


def sealed(database: Database) -> bool:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute("SELECT FROM log.seals").fetchone() is not None
