"""A new document in either form: JSON with its text, or a multipart form with its file."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from msgspec import Meta

from application.documents.commands import AddDocument
from interfaces.http.problems import BadRequest

FIELDS = {"file", "title", "knowledge_base_id"}


class NewDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document given as text."""

    title: Annotated[str, Meta(examples=["Retention policy"])]
    text: Annotated[str, Meta(examples=["Invoices are kept for ten years."])]
    knowledge_base_id: UUID | None = None


async def read(request: Request[Any, Any, Any]) -> AddDocument:
    """The command that the request asks for.

    Raises:
        BadRequest: it is in neither form, or a field is missing, unknown or not right.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return await _from_form(request)
    if media_type == "application/json":
        return await _from_json(request)
    raise BadRequest(
        415, "unsupported-media-type", "Send application/json or multipart/form-data, please."
    )


async def _from_json(request: Request[Any, Any, Any]) -> AddDocument:
    given = msgspec.convert(await request.json(), NewDocument)
    if "\x00" in given.text:
        raise BadRequest(422, "document-text-invalid", "The text holds NUL characters.")
    return AddDocument(
        title=given.title,
        data=given.text.encode(),
        knowledge_base_id=given.knowledge_base_id,
    )


async def _from_form(request: Request[Any, Any, Any]) -> AddDocument:
    form = await request.form()
    unknown = set(form) - FIELDS
    if unknown:
        raise BadRequest(
            422, "invalid-request", "The form has only file, title, knowledge_base_id."
        )
    files = form.getall("file", [])
    if len(files) != 1 or not isinstance(files[0], UploadFile):
        raise BadRequest(422, "invalid-request", "The form needs exactly one file, named `file`.")
    file = files[0]
    title = form.get("title")
    knowledge_base_id = form.get("knowledge_base_id")
    if not isinstance(title, str | None) or not isinstance(knowledge_base_id, str | None):
        raise BadRequest(422, "invalid-request", "title and knowledge_base_id are plain fields.")
    return AddDocument(
        title=title if title is not None else file.filename,
        data=await file.read(),
        filename=file.filename,
        knowledge_base_id=_uuid(knowledge_base_id),
    )


def _uuid(text: str | None) -> UUID | None:
    if text is None or text == "":
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest(422, "invalid-request", "knowledge_base_id is not an id.") from error
