"""What each kind of process works with, put together by `bootstrap`."""

import asyncio
import time
from typing import Any

import msgspec

from application.platform.ports import PlatformPorts
from application.ports import PipelinePorts, Ports
from domain.ids import CommandId
from infrastructure import messages
from infrastructure.audit.desk import AuditDesk
from infrastructure.database import BatchDatabase, Database
from infrastructure.documents.embedder import WordLlamaEmbedder
from infrastructure.documents.parser_process import ParserProcess
from infrastructure.documents.vectors import EmbeddingCache
from infrastructure.event_log.sealer import PublishedSealKeys, Sealer
from infrastructure.event_log.store import PostgresEventStore
from infrastructure.identity.epoch import Epoch
from infrastructure.identity.tokens import Tokens
from infrastructure.jobs import JobStore
from infrastructure.notices import Notices
from infrastructure.settings import Settings
from infrastructure.vault.erased import ErasedPersons
from projections.engine.past import Past
from projections.engine.runner import Runner


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
    notices: Notices
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
