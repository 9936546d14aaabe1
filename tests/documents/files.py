"""Files made by hand or by an independent writer, for tests of reading them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

import docx

CONTENT_TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF whose pages hold these lines of Latin-1 text, 14 points apart from the top."""
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    )
    for number, lines in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {5 + 2 * number} 0 R >>".encode()
        )
        objects.append(_content(lines))
    return _assembled(objects)


def _content(lines: Sequence[str]) -> bytes:
    drawn = b"BT /F1 11 Tf 50 800 Td 14 TL\n"
    for line in lines:
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        drawn += b"(" + escaped.encode("cp1252") + b") Tj T*\n"
    drawn += b"ET"
    return f"<< /Length {len(drawn)} >>\nstream\n".encode() + drawn + b"\nendstream"


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for offset in offsets:
        out += f"{offset:010d} 00000 n \n".encode()
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n".encode()
    return bytes(out + b"%%EOF\n")


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in parts.items():
            made.writestr(name, body)
    return out.getvalue()


def bare_docx(body: str, **parts: bytes) -> bytes:
    """The least a .docx can be: a body of WordprocessingML."""
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    return archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document, **parts})


def written_docx() -> bytes:
    """A document as python-docx, an independent writer, makes it."""
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "Larkfield Water Trust"
    made.sections[0].footer.paragraphs[0].text = "Confidential"
    made.add_heading("Supplier agreement", level=1)
    made.add_paragraph("The supplier answers within four hours.")
    table = made.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Class", "Hours"), ("Critical", "4")), strict=True):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    made.add_paragraph("Signed in Eastmoor.")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()
