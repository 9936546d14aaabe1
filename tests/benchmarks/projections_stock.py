"""The `ProjectionRunner` of the `eventsourcing` library, keeping a list of documents."""

import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

STAGES = ("INGESTION", "QUALITY", "TAXONOMY", "GRAPH", "EMBEDDING")
DOCUMENTS = 300


class Document(Aggregate):
    """Eleven events, as one of ours has."""

    @event("Added")
    def __init__(self, title: str) -> None:
        self.title = title
        self.completed = 0

    @event("StageStarted")
    def start(self, stage: str) -> None:
        self.stage = stage

    @event("StageCompleted")
    def complete(self, stage: str) -> None:
        self.completed += 1


class DocumentList(PostgresTrackingRecorder):
    """One row a document: its title and the stages it has completed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS stock_documents"
                " (id uuid PRIMARY KEY, title text, completed int NOT NULL)"
            ).format()
        )

    def added(self, document_id: UUID, title: str, tracking: Tracking) -> None:
        self._run("INSERT INTO stock_documents VALUES (%s, %s, 0)", [document_id, title], tracking)

    def completed(self, document_id: UUID, tracking: Tracking) -> None:
        query = "UPDATE stock_documents SET completed = completed + 1 WHERE id = %s"
        self._run(query, [document_id], tracking)

    def _run(self, query: str, parameters: list[Any], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(query.encode(), parameters)
            self._insert_tracking(cursor, tracking)


class Listing(Projection[DocumentList]):
    """Which event does what to the list."""

    name = "listing"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        match domain_event:
            case Document.Added():  # type: ignore[attr-defined] # made by the decorator
                self.view.added(domain_event.originator_id, domain_event.title, tracking)
            case Document.StageCompleted():  # type: ignore[attr-defined] # likewise
                self.view.completed(domain_event.originator_id, tracking)
            case _:
                self.view.insert_tracking(tracking)


class Documents(Application[UUID]):
    """Where they are recorded."""


class Stock:
    """An application with its events recorded, and a runner as often as it is asked for."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path.lstrip("/"),
            "POSTGRES_HOST": parse_qs(parts.query)["host"][0],
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": unquote(parts.username or ""),
            "POSTGRES_PASSWORD": unquote(parts.password or ""),
        }
        self._url = url
        with Documents(env=self._env) as application:
            for number in range(DOCUMENTS):
                document = Document(f"Policy {number}")
                for stage in STAGES:
                    document.start(stage)
                    document.complete(stage)
                application.save(document)
        self._events = DOCUMENTS * (1 + 2 * len(STAGES))

    def run(self) -> float:
        """Events a second, from nothing to all documents listed."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS stock_documents, listing_tracking")
            with ProjectionRunner(
                application_class=Documents,
                projection_class=Listing,
                view_class=DocumentList,
                env=self._env,
            ) as runner:
                began = time.perf_counter()
                runner.wait(self._events, timeout=120)
                seconds = time.perf_counter() - began
            row = connection.execute(
                "SELECT count(*) FROM stock_documents WHERE completed = %s", [len(STAGES)]
            ).fetchone()
        if row != (DOCUMENTS,):
            raise AssertionError(row)
        return self._events / seconds
