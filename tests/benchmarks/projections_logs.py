"""Logs of organisations as they come to be in use, for rebuilding everything from them."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import msgspec
import psycopg

from application.documents.analysis import Span
from application.documents.pipeline import encode_spans
from domain.documents.events import (
    Content,
    DocumentAdded,
    DocumentStageCompleted,
    DocumentStageStarted,
    KnowledgeBaseCreated,
)
from domain.documents.results import (
    EmbeddingResult,
    Entity,
    GraphResult,
    IngestionResult,
    QualityResult,
    StageResult,
    TaxonomyResult,
)
from domain.documents.stages import Stage
from domain.event import Event
from domain.ids import TenantId
from domain.logins.events import LoginRegistered, SessionRefreshed, SessionStarted
from domain.tenants.events import TenantRegistered
from domain.watchlists.events import (
    WatchlistCreated,
    WatchlistTickerAdded,
    WatchlistTickerRemoved,
)
from infrastructure.blobs import BlobStore
from infrastructure.database import SET_TENANT
from infrastructure.event_log import codec
from infrastructure.event_log.codec import Place
from infrastructure.vault.vault import SQL as VAULT
from infrastructure.vault.vault import Keys, Vault
from tests.benchmarks.verify_logs import Fact

TEXT = (
    "Invoices are kept for ten years after the end of the year in which they were written, "
    "letters and orders for six, whatever form they came in."
)
SESSIONS, REFRESHES = 50, 6
WATCHLISTS, TICKERS = 20, 12
KNOWLEDGE_BASES = 4
TEXTS = 25
"""That a tenant's documents have between them; no other tenant has them."""
DOCUMENT_EVENTS = 11


class Blobs(msgspec.Struct, frozen=True):
    """The text of a document and its one passage."""

    text: str
    chunks: str
    size: int


class Organisation(msgspec.Struct, frozen=True):
    """A tenant with an owner, the owner's key, and what its documents say."""

    number: int
    tenant: UUID
    owner: UUID
    keys: Keys
    texts: list[Blobs]


def organisation(number: int, app_url: str, vault: Vault, blobs: BlobStore) -> Organisation:
    """A new one, its key and its blobs kept where they belong."""
    tenant, owner = uuid4(), uuid4()
    with psycopg.connect(app_url) as connection:
        connection.execute(SET_TENANT, [str(tenant)])
        parameters = {"tenant_id": tenant, **vault.candidates(tenant, [owner])}
        keys = vault.opened(tenant, connection.execute(VAULT["ensure"], parameters).fetchall())
    texts = [_kept(blobs, TenantId(tenant), number, each) for each in range(TEXTS)]
    return Organisation(number, tenant, owner, keys, texts)


def _kept(blobs: BlobStore, tenant: TenantId, number: int, each: int) -> Blobs:
    text = f"Rule {each} of organisation {number}. {TEXT}"
    return Blobs(
        text=blobs.put_now(tenant, text.encode()),
        chunks=blobs.put_now(tenant, encode_spans([Span(0, len(text))])),
        size=len(text),
    )


def facts(of: Organisation, events: int) -> Iterator[Fact]:
    """A log of about `events` events: sessions, watchlists, and mostly documents."""
    number, owner = of.number, of.owner
    yield from _stream(of, [TenantRegistered(name=f"Tenant {number}", slug=f"tenant-{number}")])
    person = LoginRegistered(
        email=f"owner@tenant-{number}.example", password_hash="$2b$", display_name="O", role="owner"
    )
    yield from _stream(of, [person], owner)
    others = 2 + SESSIONS * (1 + REFRESHES) + WATCHLISTS * (1 + 2 * TICKERS) + KNOWLEDGE_BASES
    share = min(1.0, events / 4 / others)
    for _ in range(round(SESSIONS * share)):
        refreshed = [SessionRefreshed(generation=each + 2) for each in range(REFRESHES)]
        yield from _stream(of, [SessionStarted(user_id=owner, address="192.0.2.7"), *refreshed])
    for each in range(round(WATCHLISTS * share)):
        yield from _stream(of, _watchlist(owner, f"Watchlist {each}"))
    for each in range(KNOWLEDGE_BASES):
        yield from _stream(of, [KnowledgeBaseCreated(name=f"Knowledge base {each}")])
    left = events - round(others * share)
    for each in range(max(1, left // DOCUMENT_EVENTS)):
        title = f"Policy {each} of tenant {number}"
        yield from _stream(of, _document(title, of.texts[each % TEXTS]))


def _watchlist(owner: UUID, name: str) -> Iterator[Event]:
    yield WatchlistCreated(owner_id=owner, name=name)
    for each in range(TICKERS):
        yield WatchlistTickerAdded(ticker=f"{1000 + each}")
    for each in range(TICKERS):
        yield WatchlistTickerRemoved(ticker=f"{1000 + each}")


def _document(title: str, blobs: Blobs) -> Iterator[Event]:
    content = Content(sha256=blobs.text, size=blobs.size, media_type="text/plain")
    yield DocumentAdded(title=title, content=content)
    results: dict[Stage, StageResult] = {
        Stage.INGESTION: IngestionResult(
            text_sha256=blobs.text, characters=blobs.size, media_type="text/plain", language="en"
        ),
        Stage.QUALITY: QualityResult(score=0.9),
        Stage.TAXONOMY: TaxonomyResult(keywords=("invoices", "letters", "orders")),
        Stage.GRAPH: GraphResult(
            entities=(Entity(kind="duration", name="ten years", key="10y", mentions=1),)
        ),
        Stage.EMBEDDING: EmbeddingResult(
            model="wordllama", dimensions=256, chunks=1, chunks_sha256=blobs.chunks
        ),
    }
    for stage, result in results.items():
        yield DocumentStageStarted(stage=stage, attempt=1)
        yield DocumentStageCompleted(stage=stage, result=result)


def _stream(
    of: Organisation, events: Iterator[Event] | list[Event], stream: UUID | None = None
) -> Iterator[Fact]:
    """One stream's, with what is personal encrypted."""
    stream_id = stream or uuid4()
    for version, event in enumerate(events, start=1):
        place = Place(of.tenant, stream_id, version)
        kept = codec.enclose(event, place, of.keys) if codec.is_personal(event) else event
        yield Fact(stream_id.bytes, version, event.TYPE, event.SCHEMA, codec.encode(kept))
