"""What a file is, told from its bytes; the name only decides between kinds of text."""

# ruff: noqa: SIM905 - a list of words reads better as words

import io
import re
import zipfile
from pathlib import PurePosixPath

import msgspec

from application.documents.analysis import Unextractable
from infrastructure.documents import decoding, signatures

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
CSV = "text/csv"
JSON = "application/json"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_TEXTS_BY_SUFFIX = {
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".csv": CSV,
    ".tsv": CSV,
    ".json": JSON,
}
_BINARIES_BY_SUFFIX = {".pdf": PDF, ".docx": DOCX}

# Names that promise a format which is never plain text: text under them is not what it says.
_NEVER_TEXT = frozenset(
    ".doc .xls .xlsx .ppt .pptx .odt .ods .odp .epub .png .jpg .jpeg .gif .tif .tiff .webp .bmp "
    ".heic .zip .gz .7z .rar .exe .dll .so .mp3 .mp4 .wav .avi .mov .mkv".split()
)

# A PDF may have bytes before its header (ISO 32000-1, annex H.3: within the first 1024).
_PDF_HEADER_WITHIN_BYTES = 1024
_PDF_AT_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*%PDF-\d")
_HTML_AT_START = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?:(?!-->).){0,2000}-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)

# The directory of a zip is read in the web process too, so its size is limited before that.
_ZIP_DIRECTORY_BYTES_MAX = 1_000_000
_ZIP_END = b"PK\x05\x06"
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP_STARTS = (b"PK\x03\x04", _ZIP_END, b"PK\x07\x08")


class ContentMediaTypes:
    """Tells a media type from content; keeps nothing."""

    def detect(self, data: bytes, *, filename: str | None) -> str:
        """One of the seven media types of this module.

        Raises:
            Unextractable: `empty`, `content_mismatch`, `text_…`, `json_…`, `docx_…` or
                `unsupported_…`.
        """
        if not data.strip():
            raise Unextractable("empty", "The file is empty. Add one that holds text.")
        suffix = PurePosixPath(filename or "").suffix.lower()
        media_type = _binary(data, suffix) or _text(data, suffix)
        _check_name(media_type, suffix)
        return media_type


def _binary(data: bytes, suffix: str) -> str | None:
    if _PDF_AT_START.match(data[:_PDF_HEADER_WITHIN_BYTES]):
        return PDF
    if suffix == ".pdf" and b"%PDF-" in data[:_PDF_HEADER_WITHIN_BYTES]:
        return PDF
    if data.startswith(_ZIP_STARTS):
        return _zip(data)
    refused = signatures.refusal(data)
    if refused is None:
        return None
    if suffix in _TEXTS_BY_SUFFIX or suffix == ".pdf":
        raise Unextractable(
            "content_mismatch",
            f"The name ends in {suffix}, but that is not its content. {refused.detail}",
        )
    raise Unextractable(refused.reason, refused.detail)


def _zip(data: bytes) -> str:
    names = _zip_names(data)
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DOCX
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise Unextractable(
            "unsupported_office",
            "The file is an Office or e-book file other than .docx. "
            "Save it as .docx or PDF, or a table as CSV, and add it again.",
        )
    raise Unextractable(
        "unsupported_archive", "The file is a zip archive. Unpack it and add the files inside it."
    )


def _zip_names(data: bytes) -> frozenset[str]:
    """Names in the directory of a zip, read only where that directory has an ordinary size."""
    end = data.rfind(_ZIP_END)
    directory_bytes = int.from_bytes(data[end + 12 : end + 16], "little") if end >= 0 else 0
    if directory_bytes > _ZIP_DIRECTORY_BYTES_MAX or _ZIP64_LOCATOR in data[max(0, end - 20) : end]:
        raise Unextractable(
            "unsupported_archive",
            "The file is a zip archive with far more entries than a document has. "
            "Unpack it and add the files inside it.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return frozenset(archive.namelist())
    # NotImplementedError: packed in a way that zipfile does not know
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unextractable(
            "zip_broken",
            "The file begins like a .docx or zip file but is damaged or cut short. "
            "Add an undamaged copy.",
        ) from error


def _text(data: bytes, suffix: str) -> str:
    if suffix in _BINARIES_BY_SUFFIX or suffix in _NEVER_TEXT:
        raise _mismatch(suffix, "its content is something else")
    by_name = _TEXTS_BY_SUFFIX.get(suffix)
    if by_name == HTML:
        return HTML  # may name an encoding of its own, so the extractor decodes it
    text = decoding.decode(data)
    if by_name == JSON:
        _check_json(text)
    if by_name is not None:
        return by_name
    if _HTML_AT_START.match(text[:4096]):
        return HTML
    return JSON if _is_json(text) else TEXT


def _check_json(text: str) -> None:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)  # checks the syntax without building anything
    except RecursionError as error:
        raise Unextractable(
            "json_too_deep", "The JSON is nested too deeply. Flatten it and add it again."
        ) from error
    except msgspec.DecodeError as error:
        raise Unextractable(
            "json_broken", f"The file is not valid JSON: {error}. Mend it and add it again."
        ) from error


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _check_name(media_type: str, suffix: str) -> None:
    promised = _BINARIES_BY_SUFFIX.get(suffix) or _TEXTS_BY_SUFFIX.get(suffix)
    if suffix in _NEVER_TEXT or (promised is not None and promised != media_type):
        raise _mismatch(suffix, f"its content is {media_type}")


def _mismatch(suffix: str, truth: str) -> Unextractable:
    return Unextractable(
        "content_mismatch",
        f"The name ends in {suffix}, but {truth}. Rename the file, or add the right one.",
    )
