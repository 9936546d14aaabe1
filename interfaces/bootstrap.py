"""The one place where adapters meet ports: every process is put together here."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from application.platform.ports import PlatformPorts
from application.ports import PipelinePorts, Ports
from application.turns import Turns
from infrastructure import messages
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
from infrastructure.event_log.sealer import PublishedSealKeys, Sealer
from infrastructure.event_log.seals import SealKey
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.identity.epoch import Epoch
from infrastructure.identity.lookup_keys import HmacLookupKeys
from infrastructure.identity.passwords import BcryptHasher
from infrastructure.identity.tokens import Tokens
from infrastructure.jobs import JobStore
from infrastructure.notices import Notices
from infrastructure.settings import Settings
from infrastructure.vault.erased import ErasedPersons
from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault
from interfaces import parts
from projections import catalogue
from projections.engine.operated_generations import OperatedGenerations
from projections.engine.operating import OperatedProjections
from projections.engine.past import Past
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from projections.engine.tasks import Workshop
from projections.logins.login_directory import LoginLookup

AUDIT_CONNECTIONS_MAX = 4


def web(settings: Settings) -> parts.Web:
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
    return parts.Web(
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
        notices=Notices(settings.required_redis_url()),
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


def auditing(settings: Settings, url: str) -> parts.Auditing:
    """Wire what a command needs to show a log; nothing is connected yet."""
    database = Database(url, size_max=2)
    store = PostgresEventStore(database, vault(settings))
    return parts.Auditing(
        database=database,
        desk=_audit_desk(settings, url, database),
        ports=_ports(settings, database, store),
    )


def worker(settings: Settings) -> parts.Worker:
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
    return parts.Worker(
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
        runner=Runner(
            batch_database,
            _projections(settings, vectors),
            vault(settings),
            moved=wake_ups.moved,
        ),
        messages=wake_ups,
        embedder=embedder,
        parser=parser,
    )


def operator(settings: Settings) -> parts.Operator:
    """Wire an administrator's command; nothing is connected yet, and no broker is needed."""
    database = Database(settings.required_database_url(), size_max=2)
    batch_database = BatchDatabase(settings.required_database_url(), size_max=2)
    store = PostgresEventStore(database, vault(settings))
    vectors = EmbeddingCache(database, WordLlamaEmbedder())
    known = _projections(settings, vectors)
    projections = OperatedProjections(database, batch_database, vault(settings), known)
    ports = _ports(settings, database, store)
    return parts.Operator(
        database=database,
        batch_database=batch_database,
        store=store,
        platform=PlatformPorts(
            ports=ports,
            projections=projections,
            generations=OperatedGenerations(batch_database, known),
        ),
    )


def scheduler(settings: Settings) -> parts.Scheduler:
    """Wire the scheduler; nothing is connected yet."""
    database = Database(settings.required_database_url(), size_max=2)
    batch_database = BatchDatabase(settings.required_database_url(), size_max=2)
    broker = messages.broker(settings.required_redis_url())
    vectors = EmbeddingCache(database, WordLlamaEmbedder())
    return parts.Scheduler(
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


async def open_auditing(wired: parts.Auditing, stack: AsyncExitStack) -> None:
    """Connect, and have `stack` disconnect."""
    await wired.database.open()
    stack.push_async_callback(wired.database.close)
    wired.desk.batch_database.open()
    stack.callback(wired.desk.batch_database.close)


async def open_databases(
    wired: parts.Web | parts.Worker | parts.Operator | parts.Scheduler, stack: AsyncExitStack
) -> None:
    """Connect, and have `stack` disconnect."""
    await wired.database.open()
    stack.push_async_callback(wired.database.close)
    audited = [wired.audit.batch_database] if isinstance(wired, parts.Web) else []
    for batch_database in (wired.batch_database, *audited):
        batch_database.open()
        stack.callback(batch_database.close)


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
