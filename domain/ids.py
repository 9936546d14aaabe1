"""Distinct types for the numbers and ids that must never be mixed up."""

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
StreamId = NewType("StreamId", UUID)
UserId = NewType("UserId", UUID)
DocumentId = NewType("DocumentId", UUID)
KnowledgeBaseId = NewType("KnowledgeBaseId", UUID)
CommandId = NewType("CommandId", UUID)

PLATFORM = TenantId(UUID("6d756e69-6d65-4e74-8000-706c6174666d"))
"""Whose log tells what was done to the installation itself. No tenant ever has this id: theirs are
time-ordered or derived from a name, of versions 7 and 5."""

Position = NewType("Position", int)
"""1, 2, 3 … within one tenant's log, equal to commit order; 0 is "before the first event"."""

Version = NewType("Version", int)
"""1, 2, 3 … within one stream; 0 is "the stream does not exist yet"."""
