"""What is looked at before a process starts: its database is there, and keeps tenants apart."""

import time

import psycopg
import structlog

from infrastructure import catalogue_audit
from infrastructure.settings import Settings

CONNECT_SECONDS = 5
PAUSE_SECONDS = 0.5
TOLD_EVERY_SECONDS = 10.0
AUDIT_OPTIONS = "-c statement_timeout=30s"

log = structlog.get_logger(__name__)


def audit(settings: Settings) -> None:
    """Wait until the database answers, and see that all in it is as it must be.

    It is the same in every environment: the embedded installation and the tests pass, so that what
    does not pass is no matter of taste.

    Raises:
        UnfitDatabase: something is not; nothing may start.
    """
    url = settings.required_database_url()
    tell_at = time.monotonic()
    while True:
        try:
            with psycopg.connect(
                url, autocommit=True, connect_timeout=CONNECT_SECONDS, options=AUDIT_OPTIONS
            ) as connection:
                return catalogue_audit.check(connection)
        except psycopg.OperationalError as error:
            if time.monotonic() >= tell_at:
                tell_at = time.monotonic() + TOLD_EVERY_SECONDS
                log.warning("database.awaited", reason=" ".join(str(error).split()))
        time.sleep(PAUSE_SECONDS)
