"""Distinct types for the numbers and ids that must never be mixed up."""

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
StreamId = NewType("StreamId", UUID)
UserId = NewType("UserId", UUID)
DocumentId = NewType("DocumentId", UUID)
KnowledgeBaseId = NewType("KnowledgeBaseId", UUID)
CommandId = NewType("CommandId", UUID)

Position = NewType("Position", int)
"""1, 2, 3 … within one tenant's log, equal to commit order; 0 is "before the first event"."""

Version = NewType("Version", int)
"""1, 2, 3 … within one stream; 0 is "the stream does not exist yet"."""
