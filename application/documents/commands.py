"""What can be asked of knowledge bases and documents."""

from uuid import UUID

import msgspec

from domain.documents.stages import Stage


class CreateKnowledgeBase(msgspec.Struct, frozen=True, kw_only=True):
    """Make a place for documents that belong together."""

    name: str
    description: str = ""


class AddDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Keep `data` as a document. `filename` is the sender's word for it, if any."""

    title: str
    data: bytes
    filename: str | None = None
    knowledge_base_id: UUID | None = None


class RemoveDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Take a document out of lists, search and answers."""

    document_id: UUID


class RetryStage(msgspec.Struct, frozen=True, kw_only=True):
    """Have a failed stage done again."""

    document_id: UUID
    stage: Stage
