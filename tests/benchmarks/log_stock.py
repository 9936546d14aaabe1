"""The stock PostgreSQL recorder of the `eventsourcing` library: eight threads, one event a save."""

import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from tests.benchmarks import log_sql

THREADS = 8
STATE = log_sql.DATA.encode()


class Stock:
    """A recorder with tables of its own in the same database."""

    def __init__(self, admin_url: str) -> None:
        parts = urlsplit(admin_url)
        self._datastore = PostgresDatastore(
            dbname=parts.path.lstrip("/"),
            host=parse_qs(parts.query)["host"][0],
            port="5432",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            pool_size=THREADS,
            max_overflow=THREADS,
        )
        self._recorder = PostgresApplicationRecorder(
            self._datastore, events_table_name="stock_events"
        )
        self._recorder.create_table()

    def run(self, seconds: float) -> float:
        """Events a second."""
        end = time.monotonic() + seconds
        counts = [0] * THREADS

        def save(thread: int) -> None:
            while time.monotonic() < end:
                event = StoredEvent(uuid4(), 1, "document.added", STATE)
                self._recorder.insert_events([event])
                counts[thread] += 1

        began = time.monotonic()
        threads = [threading.Thread(target=save, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.monotonic() - began)

    def close(self) -> None:
        """Disconnect."""
        self._datastore.close()
