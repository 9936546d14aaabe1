"""Each format gives the text that a reader of the file sees."""

import unicodedata
from pathlib import Path

import pytest

from application.documents.analysis import Unextractable
from infrastructure.documents import media_types
from infrastructure.documents.extract import formats
from tests.documents import files

SAMPLES = Path(__file__).parent / "samples"


def text(data: bytes, media_type: str) -> str:
    return formats.extract(data, media_type).text


def refused(data: bytes, media_type: str) -> str:
    with pytest.raises(Unextractable) as caught:
        formats.extract(data, media_type)
    assert caught.value.detail
    return caught.value.reason


def test_text_is_brought_into_one_form() -> None:
    written = "\ufeffCafe\u0301\r\nfirst\u00a0line  \rin\u00adformation\u2028\n\n\n\nend\x07\t.\n\n"
    assert text(written.encode(), media_types.TEXT) == "Café\nfirst line\ninformation\n\nend\t."


def test_markdown_keeps_its_marks() -> None:
    assert text(b"# Title\n\n- one\n", "text/markdown; charset=utf-8") == "# Title\n\n- one"


def test_a_page_gives_its_blocks_cells_and_nothing_unseen() -> None:
    page = """<!doctype html><html><head><title>Notice</title><style>p{}</style></head><body>
    <h1>Boil   water</h1><script>alert("no")</script><p>Do <b>not</b> drink<i>!</i><br>Not yet.</p>
    <p hidden>secret</p><table><tr><th>Area</th><th>Safe</th></tr>
    <tr><td><p>Eastmoor</p></td><td><p>yes &amp; no</p></td></tr></table><pre>a
  b</pre></body></html>"""
    assert text(page.encode(), media_types.HTML) == (
        "Notice\n\nBoil water\n\nDo not drink!\nNot yet.\n\n"
        "Area | Safe\nEastmoor | yes & no\n\na\n  b"
    )


def test_a_title_said_again_by_the_heading_stands_once() -> None:
    assert text(b"<title>A b</title><h1>A  b</h1>", media_types.HTML) == "A b"


def test_a_page_is_read_in_the_encoding_it_names() -> None:
    page = '<meta charset="iso-8859-1"><p>Größe € ä'.encode("cp1252")
    assert text(page, media_types.HTML) == "Größe € ä"
    assert refused("<p>Größe".encode("cp1252"), media_types.HTML) == "text_encoding"


def test_table_rows_name_their_columns() -> None:
    table = b'Class;Years;Note\nInvoices;7;\n\n"Tax;\nforms";10;paper\n'
    assert text(table, media_types.CSV) == (
        "Class | Years | Note\nClass: Invoices; Years: 7\nClass: Tax; forms; Years: 10; Note: paper"
    )


def test_a_table_without_header_keeps_its_rows() -> None:
    assert text(b"1,2\n3,4\n", media_types.CSV) == "1 | 2\n3 | 4"
    assert text(b"only one line", media_types.CSV) == "only one line"


def test_json_values_stand_after_their_paths_as_they_are_written() -> None:
    data = b'{"a": {"b": [1, 2.50, {"c": null}], "a": true, "a": false}, "r": [{"x": "y\\n z"}]}'
    assert text(data, media_types.JSON) == (
        "a.b: 1\na.b: 2.50\na.b[3].c: null\na.a: true\na.a: false\n\nr[1].x: y z"
    ).replace("a.b[3]", "\na.b[3]")
    assert text(b"12345678901234567890.10", media_types.JSON) == "12345678901234567890.10"
    assert text(b'"\\ud800"', media_types.JSON) == "\ufffd"


def test_a_word_document_gives_header_body_in_order_and_footer() -> None:
    assert text(files.written_docx(), media_types.DOCX) == (
        "Larkfield Water Trust\n\nSupplier agreement\n\nThe supplier answers within four hours.\n\n"
        "Class | Hours\nCritical | 4\n\nSigned in Eastmoor.\n\nConfidential"
    )


def test_a_word_document_gives_insertions_controls_and_boxes_but_no_deletions() -> None:
    body = """
    <w:p><w:r><w:t>Seven</w:t><w:tab/><w:t>years</w:t></w:r>
      <w:ins><w:r><w:t xml:space="preserve"> and a day</w:t></w:r></w:ins>
      <w:del><w:r><w:delText> or never</w:delText></w:r></w:del></w:p>
    <w:sdt><w:sdtContent><w:p><w:r><w:t>In a control</w:t></w:r></w:p></w:sdtContent></w:sdt>
    <w:p><w:r><mc:AlternateContent
        xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">
      <mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent>
      </mc:Choice>
      <mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent>
      </mc:Fallback></mc:AlternateContent></w:r></w:p>
    <w:tbl><w:tr><w:tc><w:p/><w:tbl><w:tr><w:tc><w:p><w:r><w:t>inner</w:t></w:r></w:p></w:tc></w:tr>
      </w:tbl></w:tc><w:tc><w:p><w:r><w:t>outer</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"""
    assert text(files.bare_docx(body), media_types.DOCX) == (
        "Seven\tyears and a day\n\nIn a control\n\nIn a box\n\ninner | outer"
    )


def test_a_word_document_with_dangling_links_is_read() -> None:
    relationships = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="1" Type="http://x/header" Target="NULL"/></Relationships>'
    )
    made = files.bare_docx(
        "<w:p><w:r><w:t>Whole</w:t></w:r></w:p>",
        **{"word/_rels/document.xml.rels": relationships},
    )
    assert text(made, media_types.DOCX) == "Whole"


def test_a_pdf_gives_paragraphs_and_counts_its_pages() -> None:
    wrapped = [
        "Records of water quality are kept for twelve years after the end of the calendar year",
        "in which the sample was taken, and are then destroyed under the supervision of the",
        "records officer.",
        "",
        "• first item",
        "• second item",
    ]
    found = formats.extract(files.pdf([wrapped, ["Second page"]]), media_types.PDF)
    assert found.pages == 2
    assert found.text == (
        "Records of water quality are kept for twelve years after the end of the calendar year "
        "in which the sample was taken, and are then destroyed under the supervision of the "
        "records officer.\n\n• first item\n• second item\n\nSecond page"
    )


def test_a_word_broken_at_a_line_end_is_whole_again() -> None:
    lines = ["Everything about the reten-", "tion of records in Baden-", "Baden"]
    assert text(files.pdf([lines]), media_types.PDF) == (
        "Everything about the retention of records in Baden-Baden"
    )


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        ((SAMPLES / "locked.pdf").read_bytes(), media_types.PDF, "pdf_encrypted"),
        ((SAMPLES / "scanned.pdf").read_bytes(), media_types.PDF, "pdf_without_text"),
        (b"%PDF-1.7 and nothing else", media_types.PDF, "pdf_broken"),
        (b"not a zip", media_types.DOCX, "docx_broken"),
        (files.archive({"word/document.xml": b"<a><b></a>"}), media_types.DOCX, "docx_broken"),
        (files.archive({"word/other.xml": b""}), media_types.DOCX, "docx_broken"),
        (files.bare_docx("<w:p/>"), media_types.DOCX, "no_text"),
        (b"<!-- nothing --><script>x</script>", media_types.HTML, "no_text"),
        (b"[NaN]", media_types.JSON, "json_broken"),
        (b"{}", media_types.JSON, "no_text"),
        (b"\xff", media_types.TEXT, "text_encoding"),
        (b"a\0b", media_types.TEXT, "text_nul_characters"),
        (b'a,"' + b"b" * 1_100_000, media_types.CSV, "csv_broken"),
        (b"x", "image/png", "unsupported_media_type"),
    ],
)
def test_a_file_without_readable_text_is_refused_with_its_reason(
    data: bytes, media_type: str, reason: str
) -> None:
    assert refused(data, media_type) == reason


def test_the_form_of_a_text_is_stable() -> None:
    once = text("a\u0301 \r\n\u00a0b\n\n\n".encode(), media_types.TEXT)
    assert text(once.encode(), media_types.TEXT) == once
    assert unicodedata.is_normalized("NFC", once)
