"""The one place where adapters meet ports: every process is put together here."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from application.platform.ports import PlatformPorts
from application.ports import PipelinePorts, Ports
from application.turns import Turns
from domain.ids import CommandId
from infrastructure import database_url, messages
from infrastructure.audit.desk import AuditDesk
from infrastructure.audit.questions import AuditQuestions
from infrastructure.audit.slots import ExportSlots
from infrastructure.blobs import BlobStore
from infrastructure.clock import SystemClock, TimeOrderedIds
from infrastructure.database import PATIENT_OPTIONS, BatchDatabase, Database
from infrastructure.documents.analysis import StatisticalAnalysis
from infrastructure.documents.embedder import WordLlamaEmbedder
from infrastructure.documents.media_types import ContentMediaTypes
from infrastructure.documents.parser_process import ParserProcess
from infrastructure.documents.vectors import EmbeddingCache
from infrastructure.event_log import migrate
from infrastructure.event_log.sealer import PublishedSealKeys, Sealer
from infrastructure.event_log.seals import SealKey
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.identity.epoch import Epoch
from infrastructure.identity.lookup_keys import HmacLookupKeys
from infrastructure.identity.passwords import BcryptHasher
from infrastructure.identity.tokens import Tokens
from infrastructure.jobs import JobStore
from infrastructure.settings import Settings
from infrastructure.vault.erased import ErasedPersons
from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault
from projections import catalogue
from projections.engine import tables
from projections.engine.operated_generations import OperatedGenerations
from projections.engine.operating import OperatedProjections
from projections.engine.past import Past
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from projections.engine.tasks import Workshop
from projections.logins.login_directory import LoginLookup

APP_ROLE = "muniment_app"
AUDIT_CONNECTIONS_MAX = 4


class Web(msgspec.Struct, kw_only=True):
    """What the HTTP interface works with."""

    settings: Settings
    database: Database
    store: PostgresEventStore
    ports: Ports
    past: Past
    tokens: Tokens
    erased: ErasedPersons
    epoch: Epoch
    seal_keys: PublishedSealKeys
    vectors: EmbeddingCache
    messages: messages.Messages
    embedder: WordLlamaEmbedder
    batch_database: BatchDatabase
    platform: PlatformPorts
    began_at: float = msgspec.field(default_factory=time.monotonic)
    running: set[CommandId]
    """Commands under an idempotency key that this process is at."""
    audit: AuditDesk
    ending: set[asyncio.Task[None]]
    """Exports whose end is being recorded."""


class Auditing(msgspec.Struct, frozen=True, kw_only=True):
    """What a command that shows a log works with."""

    database: Database
    desk: AuditDesk
    ports: Ports


class Worker(msgspec.Struct, kw_only=True):
    """What a worker works with."""

    settings: Settings
    database: Database
    batch_database: BatchDatabase
    store: PostgresEventStore
    jobs: JobStore
    tools: PipelinePorts
    runner: Runner
    messages: messages.Messages
    embedder: WordLlamaEmbedder
    parser: ParserProcess


class Operator(msgspec.Struct, kw_only=True):
    """What an administrator on the command line works with."""

    database: Database
    batch_database: BatchDatabase
    store: PostgresEventStore
    platform: PlatformPorts


class Scheduler(msgspec.Struct, kw_only=True):
    """What the scheduler works with."""

    database: Database
    batch_database: BatchDatabase
    jobs: JobStore
    runner: Runner
    sealer: Sealer
    messages: messages.Messages
    broker: Any


def web(settings: Settings) -> Web:
    """Wire the HTTP interface; nothing is connected yet."""
    database = Database(settings.required_database_url())
    wake_ups = messages.Messages(messages.broker(settings.required_redis_url()))
    store = PostgresEventStore(database, vault(settings), recorded=wake_ups.wake)
    embedder = WordLlamaEmbedder()
    vectors = EmbeddingCache(database, embedder)
    batch_database = BatchDatabase(settings.required_database_url(), size_max=2)
    ports = _ports(settings, database, store)
    known = _projections(settings, vectors)
    projections = OperatedProjections(
        database, batch_database, vault(settings), known, wake_ups.announce
    )
    return Web(
        settings=settings,
        database=database,
        store=store,
        ports=ports,
        past=Past(database, vault(settings)),
        tokens=Tokens(
            settings.jwt_secret.reveal(),
            access_seconds=settings.access_token_seconds,
            refresh_seconds=settings.refresh_token_seconds,
        ),
        erased=ErasedPersons(database),
        epoch=Epoch(database),
        seal_keys=PublishedSealKeys(database),
        vectors=vectors,
        messages=wake_ups,
        embedder=embedder,
        batch_database=batch_database,
        platform=PlatformPorts(
            ports=ports,
            projections=projections,
            generations=OperatedGenerations(batch_database, known),
        ),
        running=set(),
        audit=_audit_desk(settings, settings.required_database_url(), database),
        ending=set(),
    )


def auditing(settings: Settings, url: str) -> Auditing:
    """Wire what a command needs to show a log; nothing is connected yet."""
    database = Database(url, size_max=2)
    store = PostgresEventStore(database, vault(settings))
    return Auditing(
        database=database,
        desk=_audit_desk(settings, url, database),
        ports=_ports(settings, database, store),
    )


def worker(settings: Settings) -> Worker:
    """Wire a worker; nothing is connected yet."""
    database = Database(settings.required_database_url())
    batch_database = BatchDatabase(
        settings.required_database_url(), size_max=settings.worker_threads + 1
    )
    wake_ups = messages.Messages(messages.broker(settings.required_redis_url()))
    store = PostgresEventStore(database, vault(settings), recorded=wake_ups.wake)
    embedder = WordLlamaEmbedder()
    vectors = EmbeddingCache(database, embedder)
    parser = ParserProcess()
    ports = _ports(settings, database, store)
    return Worker(
        settings=settings,
        database=database,
        batch_database=batch_database,
        store=store,
        jobs=JobStore(database),
        tools=PipelinePorts(
            ports=ports,
            extractor=parser,
            analysis=StatisticalAnalysis(
                chunk_size_characters=settings.chunk_characters,
                chunk_overlap_characters=settings.chunk_overlap,
            ),
            vectors=vectors,
            turns=Turns(),
        ),
        runner=Runner(batch_database, _projections(settings, vectors), vault(settings)),
        messages=wake_ups,
        embedder=embedder,
        parser=parser,
    )


def operator(settings: Settings) -> Operator:
    """Wire an administrator's command; nothing is connected yet, and no broker is needed."""
    database = Database(settings.required_database_url(), size_max=2)
    batch_database = BatchDatabase(settings.required_database_url(), size_max=2)
    store = PostgresEventStore(database, vault(settings))
    vectors = EmbeddingCache(database, WordLlamaEmbedder())
    known = _projections(settings, vectors)
    projections = OperatedProjections(database, batch_database, vault(settings), known)
    ports = _ports(settings, database, store)
    return Operator(
        database=database,
        batch_database=batch_database,
        store=store,
        platform=PlatformPorts(
            ports=ports,
            projections=projections,
            generations=OperatedGenerations(batch_database, known),
        ),
    )


def scheduler(settings: Settings) -> Scheduler:
    """Wire the scheduler; nothing is connected yet."""
    database = Database(settings.required_database_url(), size_max=2)
    batch_database = BatchDatabase(settings.required_database_url(), size_max=2)
    broker = messages.broker(settings.required_redis_url())
    vectors = EmbeddingCache(database, WordLlamaEmbedder())
    return Scheduler(
        database=database,
        batch_database=batch_database,
        jobs=JobStore(database),
        runner=Runner(batch_database, _projections(settings, vectors), vault(settings)),
        sealer=Sealer(batch_database, SealKey(settings.seal_key.reveal())),
        messages=messages.Messages(broker),
        broker=broker,
    )


def vault(settings: Settings) -> Vault:
    """The keys of persons, as far as the settings can unwrap them."""
    before = [key.reveal() for key in settings.vault_keys_before]
    return Vault(MasterKeys(settings.vault_key.reveal(), before))


def rebuilding(settings: Settings) -> Workshop:
    """What a rebuild works with; nothing is connected yet."""
    url = settings.required_database_url()
    vectors = EmbeddingCache(Database(url), WordLlamaEmbedder())
    database = BatchDatabase(url, size_max=4, options=PATIENT_OPTIONS)
    return Workshop(database, _projections(settings, vectors), vault(settings))


@contextlib.asynccontextmanager
async def recording(settings: Settings) -> AsyncIterator[Ports]:
    """What recording a fact takes, connected for as long as this."""
    database = Database(settings.required_database_url(), size_max=1)
    store = PostgresEventStore(database, vault(settings))
    await database.open()
    try:
        yield _ports(settings, database, store)
        await store.drain()
    finally:
        await database.close()


def migrate_database(admin_url: str, database: str, *, app_password: str) -> list[str]:
    """Bring a database up to date, make missing read tables, and set the application's password.

    Args:
        admin_url: a superuser, in any database of the cluster.
        database: the name of the database; created where it does not exist.

    Returns:
        The migrations applied and the tables made.
    """
    _create_database(admin_url, database)
    url = database_url.derive(admin_url, database=database)
    done = migrate.migrate(url)
    done += tables.create_missing(url, catalogue.PROJECTIONS)
    with psycopg.connect(url, autocommit=True) as connection:
        # A generation of a read model is a schema; rights on a database aren't restored with it.
        make_schemas = sql.SQL("GRANT CREATE ON DATABASE {} TO muniment_owner")
        connection.execute(make_schemas.format(sql.Identifier(database)))
        set_password = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
        connection.execute(set_password.format(sql.Identifier(APP_ROLE), sql.Literal(app_password)))
    return done


async def open_auditing(wired: Auditing, stack: AsyncExitStack) -> None:
    """Connect, and have `stack` disconnect."""
    await wired.database.open()
    stack.push_async_callback(wired.database.close)
    wired.desk.batch_database.open()
    stack.callback(wired.desk.batch_database.close)


async def open_databases(wired: Web | Worker | Operator | Scheduler, stack: AsyncExitStack) -> None:
    """Connect, and have `stack` disconnect."""
    await wired.database.open()
    stack.push_async_callback(wired.database.close)
    audited = [wired.audit.batch_database] if isinstance(wired, Web) else []
    for batch_database in (wired.batch_database, *audited):
        batch_database.open()
        stack.callback(batch_database.close)


def _create_database(admin_url: str, database: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        if cursor.execute(exists, [database]).fetchone():
            return
        faster = (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
        with contextlib.suppress(*faster):  # another process made it
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _audit_desk(settings: Settings, url: str, database: Database) -> AuditDesk:
    return AuditDesk(
        questions=AuditQuestions(database, vault(settings)),
        vault=vault(settings),
        slots=ExportSlots(database),
        batch_database=BatchDatabase(url, size_max=AUDIT_CONNECTIONS_MAX),
        key=SealKey(settings.seal_key.reveal()),
        checking=set(),
    )


def _ports(settings: Settings, database: Database, store: PostgresEventStore) -> Ports:
    lookup_keys = HmacLookupKeys(settings.lookup_key.reveal())
    return Ports(
        events=store,
        blobs=BlobStore(settings.blob_url),
        hasher=BcryptHasher(settings.password_pepper.reveal(), cost=settings.bcrypt_cost),
        logins=LoginLookup(database, lookup_keys),
        lookup_keys=lookup_keys,
        clock=SystemClock(),
        ids=TimeOrderedIds(),
        media_types=ContentMediaTypes(),
    )


def _projections(settings: Settings, vectors: EmbeddingCache) -> list[Projection]:
    return catalogue.every(
        lookup_keys=HmacLookupKeys(settings.lookup_key.reveal()),
        blobs=BlobStore(settings.blob_url),
        vectors=vectors,
    )
