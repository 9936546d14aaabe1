"""Commands about knowledge bases and documents."""

import asyncio

from application import deciding
from application.actor import Actor
from application.documents.commands import (
    AddDocument,
    CreateKnowledgeBase,
    RemoveDocument,
    RetryStage,
)
from application.ports import Ports
from application.recorded import Recorded
from domain.documents import document, knowledge_base
from domain.documents.events import Content, KnowledgeBaseCreated
from domain.ids import StreamId, Version

AT_ONCE_BYTES_MAX = 16_384
"""Up to here a document's kind is found in less time than a thread takes to begin."""


async def create_knowledge_base(
    command: CreateKnowledgeBase, actor: Actor, ports: Ports
) -> Recorded:
    """Create a knowledge base.

    Raises:
        Forbidden: the actor may not write documents.
        KnowledgeBaseNameInvalid, KnowledgeBaseDescriptionInvalid: the named rule is broken.
    """
    actor.require("documents:write")
    events = knowledge_base.create(name=command.name, description=command.description)
    return await deciding.create(StreamId(ports.ids.new()), events, actor, ports)


async def add_document(command: AddDocument, actor: Actor, ports: Ports) -> Recorded:
    """Keep a document. Its bytes are durable before the event that names them.

    Raises:
        Forbidden: the actor may not write documents.
        KnowledgeBaseNotFound: the knowledge base is not there.
        DocumentTitleInvalid, DocumentEmpty: the named rule is broken.
        Unextractable: the file is of a kind that can't be read, or not what its name says.
    """
    actor.require("documents:write")
    if command.knowledge_base_id is not None:
        stream = StreamId(command.knowledge_base_id)
        history = await ports.events.load(actor.tenant_id, stream)
        if not history or not isinstance(history[0].event, KnowledgeBaseCreated):
            raise knowledge_base.KnowledgeBaseNotFound
    if not command.data:
        raise document.DocumentEmpty
    filename = document.clean_filename(command.filename)
    media_type = await _media_type(command.data, filename, ports)
    document.check_title(command.title)
    sha256 = await ports.blobs.put(actor.tenant_id, command.data)
    events = document.add(
        title=command.title,
        content=Content(
            sha256=sha256,
            size=len(command.data),
            media_type=media_type,
            filename=filename,
        ),
        knowledge_base_id=command.knowledge_base_id,
    )
    return await deciding.create(StreamId(ports.ids.new()), events, actor, ports)


async def _media_type(data: bytes, filename: str | None, ports: Ports) -> str:
    if len(data) <= AT_ONCE_BYTES_MAX:
        return ports.media_types.detect(data, filename=filename)
    return await asyncio.to_thread(ports.media_types.detect, data, filename=filename)


async def remove_document(
    command: RemoveDocument, actor: Actor, ports: Ports, *, expected: Version | None = None
) -> Recorded:
    """Remove a document, if `expected` is given only at that version.

    Raises:
        Stale: the document is at another version.
        Forbidden: the actor may not write documents.
        DocumentNotFound: it is not there, or was removed before.
    """
    actor.require("documents:write")
    return await deciding.change(
        StreamId(command.document_id),
        document.evolve,
        document.remove,
        actor,
        ports,
        absent=document.DocumentNotFound,
        expected=expected,
    )


async def retry_stage(command: RetryStage, actor: Actor, ports: Ports) -> Recorded:
    """Have a failed stage done again.

    Raises:
        Forbidden: the actor may not write documents.
        DocumentNotFound: it is not there.
        StageNotFailed: the stage did not fail.
    """
    actor.require("documents:write")
    return await deciding.change(
        StreamId(command.document_id),
        document.evolve,
        lambda state: document.retry_stage(state, command.stage),
        actor,
        ports,
        absent=document.DocumentNotFound,
    )
