"""A log on a server that can be killed."""

import pytest

from infrastructure import database_url
from infrastructure.embedded.postgres import EmbeddedPostgres
from interfaces import provision
from tests.servers import Database

DATABASE = "crash"
PASSWORD = "the-app-password-of-a-throw-away-server"


@pytest.fixture
def log(durable_postgres: EmbeddedPostgres) -> Database:
    """A migrated log on a server that syncs to disk."""
    admin_url = durable_postgres.admin_url
    provision.migrate_database(admin_url, DATABASE, app_password=PASSWORD)
    url = database_url.derive(admin_url, database=DATABASE)
    app_url = database_url.derive(url, user=provision.APP_ROLE, password=PASSWORD)
    return Database(DATABASE, url, app_url)
