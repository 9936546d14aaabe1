"""The one list of all projections."""

from application.ports import LookupKeys
from infrastructure.blobs import BlobStore
from infrastructure.documents.vectors import EmbeddingCache
from projections.documents.chunk_index import ChunkIndex
from projections.documents.document_lifetimes import DocumentLifetimes
from projections.documents.document_list import DocumentList
from projections.documents.document_status import DocumentStatus
from projections.documents.knowledge_base_list import KnowledgeBaseList
from projections.documents.pipeline_jobs import PipelineJobs
from projections.engine.projection import Projection
from projections.logins.erasures import Erasures
from projections.logins.login_directory import LoginDirectory
from projections.tenants.tenant_directory import TenantDirectory
from projections.watchlists.watchlist_list import WatchlistList

PROJECTIONS: tuple[type[Projection], ...] = (
    PipelineJobs,
    Erasures,
    LoginDirectory,
    TenantDirectory,
    KnowledgeBaseList,
    DocumentList,
    DocumentStatus,
    DocumentLifetimes,
    ChunkIndex,
    WatchlistList,
)


def every(
    *, lookup_keys: LookupKeys, blobs: BlobStore, vectors: EmbeddingCache
) -> list[Projection]:
    """All projections, ready to run; those that others wait for come first."""
    return [
        PipelineJobs(),
        Erasures(),
        LoginDirectory(lookup_keys),
        TenantDirectory(),
        KnowledgeBaseList(),
        DocumentList(),
        DocumentStatus(),
        DocumentLifetimes(),
        ChunkIndex(blobs, vectors),
        WatchlistList(),
    ]
