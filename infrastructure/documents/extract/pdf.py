"""PDF text through PDFium, with visual lines put back together into paragraphs."""

import itertools

import pypdfium2  # type: ignore[import-untyped]  # has no type hints
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # has no type hints

from application.documents.analysis import Unextractable
from infrastructure.documents.extract import output, pdf_lines

PAGES_MAX = 10_000


def text(data: bytes) -> tuple[str, int]:
    """The text, pages apart by a blank line, and the number of pages.

    Raises:
        Unextractable: `pdf_encrypted`, `pdf_broken`, `pdf_without_text`, `text_too_large`.
    """
    with _opened(data) as document:
        pages = len(document)
        if pages > PAGES_MAX:
            raise Unextractable(
                "text_too_large", f"The PDF has more than {PAGES_MAX:,} pages. Split it."
            )
        lines = output.Lines()
        for number in range(pages):
            lines.add(_page(document, number) + "\n\n")
    found = lines.text()
    if not found.strip():
        raise Unextractable(
            "pdf_without_text",
            "The PDF holds pictures of pages but no text. Run text recognition (OCR) on it and "
            "add the result.",
        )
    return found, pages


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Unextractable(
                "pdf_encrypted",
                "The PDF is locked with a password. Remove the password and add it again.",
            ) from error
        raise Unextractable(
            "pdf_broken", "The PDF is damaged. Print or save it anew as PDF and add that copy."
        ) from error


def _page(document: pypdfium2.PdfDocument, number: int) -> str:
    try:
        page = document[number]
        characters = page.get_textpage()
        count = characters.count_chars()
    except pypdfium2.PdfiumError as error:
        # A page left out in silence would make the rest look like the whole.
        raise Unextractable(
            "pdf_broken",
            f"Page {number + 1} of the PDF is damaged. Save it anew and add that copy.",
        ) from error
    output.check_size(count)
    found = pdf_lines.paragraphs(_lines(characters, count))
    characters.close()
    page.close()
    return found


def _lines(characters: pypdfium2.PdfTextPage, count: int) -> list[pdf_lines.Line]:
    """Cut the page's characters at the line ends PDFium puts in.

    Characters are read one by one, because only this way is the place of each line known.
    """
    codes = [pdfium.FPDFText_GetUnicode(characters, index) for index in range(count)]
    lines = []
    start = 0
    for is_end, group in itertools.groupby(codes, key=lambda code: code in (10, 13)):
        size = len(list(group))
        if not is_end:
            words = _joined(codes[start : start + size])
            if words.strip():
                lines.append(_line(characters, words, start, start + size))
        start += size
    return lines


def _joined(codes: list[int]) -> str:
    """Characters beyond U+FFFF come as two codes each."""
    units = "".join(map(chr, codes)).encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace")


def _line(characters: pypdfium2.PdfTextPage, words: str, start: int, end: int) -> pdf_lines.Line:
    first = start + len(words) - len(words.lstrip())
    last = end - 1 - (len(words) - len(words.rstrip()))
    try:
        left = characters.get_charbox(first, loose=True)[0]
        # The last character tells the height: the first may be a bullet of another size.
        _, bottom, right, top = characters.get_charbox(last, loose=True)
    except pypdfium2.PdfiumError:
        left = bottom = top = right = 0.0
    return pdf_lines.Line(text=words, left=left, right=right, bottom=bottom, top=top)
