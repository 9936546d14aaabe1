"""A new document in either form: JSON with its text, or a multipart form with its file."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import multipart  # type: ignore[import-untyped] # ships no types
from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException, ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from msgspec import Meta

from application.documents.commands import AddDocument
from domain.documents import document
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
    try:
        given = msgspec.convert(await request.json(), NewDocument)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        fault = {"key": place.rstrip("`") or "data", "message": message}
        raise ValidationException(extra=[fault]) from error
    if "\x00" in given.text:
        raise BadRequest(422, "document-text-invalid", "The text holds NUL characters.")
    return AddDocument(
        title=given.title,
        data=given.text.encode(),
        knowledge_base_id=given.knowledge_base_id,
    )


async def _from_form(request: Request[Any, Any, Any]) -> AddDocument:
    form = await _form(request)
    unknown = set(form) - FIELDS
    if unknown:
        raise BadRequest(
            422, "invalid-request", "The form has only file, title, knowledge_base_id."
        )
    files = form.getall("file", [])
    if len(files) != 1 or not isinstance(files[0], UploadFile):
        raise BadRequest(422, "invalid-request", "The form needs exactly one file, named `file`.")
    file = files[0]
    title = _plain(form, "title")
    return AddDocument(
        title=title if title is not None else document.clean_filename(file.filename) or "",
        data=await file.read(),
        filename=file.filename,
        knowledge_base_id=_uuid(_plain(form, "knowledge_base_id")),
    )


async def _form(request: Request[Any, Any, Any]) -> FormMultiDict:
    try:
        return await request.form()
    except (UnicodeDecodeError, LookupError) as error:
        raise BadRequest(400, "malformed-form", "A field of the form is not UTF-8.") from error
    except RequestEntityTooLarge:
        raise
    except ClientException as error:
        if isinstance(error.__context__, multipart.ParserLimitReached):
            raise BadRequest(
                413, "request-entity-too-large", "The form has too many or too long fields."
            ) from error
        raise BadRequest(400, "malformed-form", "The form can't be read.") from error


def _plain(form: FormMultiDict, name: str) -> str | None:
    """The one plain field of this name, if there is any."""
    found = form.getall(name, [])
    if not found:
        return None
    if len(found) > 1 or not isinstance(found[0], str):
        raise BadRequest(422, "invalid-request", f"{name} is one plain field.")
    return found[0]


def _uuid(text: str | None) -> UUID | None:
    if text is None or text == "":
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest(422, "invalid-request", "knowledge_base_id is not an id.") from error
