"""Logs of organisations as they come to be in use, for rebuilding everything from them."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import msgspec

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
from tests.benchmarks.verify_logs import Fact

TEXT = (
    "Invoices are kept for ten years after the end of the year in which they were written, "
    "letters and orders for six, whatever form they came in."
)
SESSIONS, REFRESHES = 50, 6
WATCHLISTS, TICKERS = 20, 12
KNOWLEDGE_BASES = 4
DOCUMENT_EVENTS = 11

_encode = msgspec.json.encode


class Blobs(msgspec.Struct, frozen=True):
    """What the documents of one tenant refer to: all have the same text."""

    text: str
    chunks: str


def keep_blobs(blobs: BlobStore, tenant: UUID) -> Blobs:
    """The text and its one passage."""
    tenant_id = TenantId(tenant)
    return Blobs(
        text=blobs.put_now(tenant_id, TEXT.encode()),
        chunks=blobs.put_now(tenant_id, encode_spans([Span(0, len(TEXT))])),
    )


def facts(number: int, events: int, blobs: Blobs) -> Iterator[Fact]:
    """A log of about `events` events: sessions, watchlists, and mostly documents."""
    yield from _stream([TenantRegistered(name=f"Tenant {number}", slug=f"tenant-{number}")])
    owner = uuid4()
    person = LoginRegistered(
        email=f"owner@tenant-{number}.example", password_hash="$2b$", display_name="O", role="owner"
    )
    yield from _stream([person], owner)
    others = 2 + SESSIONS * (1 + REFRESHES) + WATCHLISTS * (1 + 2 * TICKERS) + KNOWLEDGE_BASES
    share = min(1.0, events / 4 / others)
    for _ in range(round(SESSIONS * share)):
        refreshed = [SessionRefreshed(generation=each + 2) for each in range(REFRESHES)]
        yield from _stream([SessionStarted(user_id=owner), *refreshed])
    for each in range(round(WATCHLISTS * share)):
        yield from _stream(_watchlist(owner, f"Watchlist {each}"))
    for each in range(KNOWLEDGE_BASES):
        yield from _stream([KnowledgeBaseCreated(name=f"Knowledge base {each}")])
    left = events - round(others * share)
    for each in range(max(1, left // DOCUMENT_EVENTS)):
        yield from _stream(_document(f"Policy {each} of tenant {number}", blobs))


def _watchlist(owner: UUID, name: str) -> Iterator[Event]:
    yield WatchlistCreated(owner_id=owner, name=name)
    for each in range(TICKERS):
        yield WatchlistTickerAdded(ticker=f"{1000 + each}")
    for each in range(TICKERS):
        yield WatchlistTickerRemoved(ticker=f"{1000 + each}")


def _document(title: str, blobs: Blobs) -> Iterator[Event]:
    content = Content(sha256=blobs.text, size=len(TEXT), media_type="text/plain")
    yield DocumentAdded(title=title, content=content)
    results: dict[Stage, StageResult] = {
        Stage.INGESTION: IngestionResult(
            text_sha256=blobs.text, characters=len(TEXT), media_type="text/plain", language="en"
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


def _stream(events: Iterator[Event] | list[Event], stream: UUID | None = None) -> Iterator[Fact]:
    """One stream's; what is personal stays in plain, as schema 1 had it."""
    stream_id = (stream or uuid4()).bytes
    for version, event in enumerate(events, start=1):
        yield Fact(stream_id, version, event.TYPE, 1, _encode(event))
