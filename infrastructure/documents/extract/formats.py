"""One door to all formats."""

from application.documents.analysis import Extraction, Unextractable
from infrastructure.documents import media_types
from infrastructure.documents.extract import (
    csv_rows,
    docx,
    html,
    json_lines,
    output,
    pdf,
    plain,
)

_TEXT_OF = {
    media_types.TEXT: plain.text,
    media_types.MARKDOWN: plain.text,
    media_types.HTML: html.text,
    media_types.CSV: csv_rows.text,
    media_types.JSON: json_lines.text,
    media_types.DOCX: docx.text,
}


def extract(data: bytes, media_type: str) -> Extraction:
    """The normalised text of `data`; parameters of the media type are ignored.

    Raises:
        Unextractable: `unsupported_media_type`, `no_text`, or a reason of the format's own.
    """
    kind = media_type.partition(";")[0].strip().lower()
    pages = None
    if kind == media_types.PDF:
        found, pages = pdf.text(data)
    elif kind in _TEXT_OF:
        found = _TEXT_OF[kind](data)
    else:
        raise Unextractable(
            "unsupported_media_type",
            f"No text can be taken from {kind}. Add the document as PDF, DOCX, HTML, Markdown, "
            "CSV, JSON or plain text.",
        )
    output.check_size(len(found))
    text = output.normalised(found)
    if not text:
        raise Unextractable("no_text", "The file holds no text. Add one that does.")
    return Extraction(text=text, media_type=kind, pages=pages)
