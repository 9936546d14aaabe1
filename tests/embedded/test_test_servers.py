"""The servers that every other test stands on."""

import psycopg
import redis

from tests import servers as run_servers


def test_both_servers_answer(servers: run_servers.Servers) -> None:
    with psycopg.connect(servers.postgres_admin_url) as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
    assert row is not None
    assert row[0] >= 180000
    assert redis.Redis.from_url(servers.valkey_url).ping()


def test_a_database_is_fresh_and_migrated(database: run_servers.Database) -> None:
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute("SELECT current_database(), current_user").fetchone()
    assert row == (database.name, run_servers.APP_USER)
