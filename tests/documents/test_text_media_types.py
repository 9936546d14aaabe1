"""What a file is, is told from its bytes."""

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.documents.analysis import Unextractable
from infrastructure.documents import media_types
from infrastructure.documents.media_types import ContentMediaTypes
from tests.documents import files

MEDIA_TYPES = ContentMediaTypes()
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
A_PDF = files.pdf([["Hello"]])


def refused(data: bytes, filename: str | None) -> str:
    with pytest.raises(Unextractable) as caught:
        MEDIA_TYPES.detect(data, filename=filename)
    assert caught.value.detail.endswith((".", ")"))
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "filename", "media_type"),
    [
        (b"Minutes of the board", "minutes.txt", media_types.TEXT),
        (b"Minutes of the board", None, media_types.TEXT),
        (b"key: value", "config.yaml", media_types.TEXT),
        (b"# Minutes", "MINUTES.MD", media_types.MARKDOWN),
        (b"<p>no doctype</p>", "page.html", media_types.HTML),
        (b"<!-- saved --> <!DOCTYPE html><p>x", None, media_types.HTML),
        (b"a,b\n1,2\n", "table.csv", media_types.CSV),
        (b'{"a": 1}', "data.json", media_types.JSON),
        (b' [{"a": 1}]', None, media_types.JSON),
        (b"[see the note] and more", None, media_types.TEXT),
        (A_PDF, "report.pdf", media_types.PDF),
        (A_PDF, None, media_types.PDF),
        (b"\n\n" + A_PDF, None, media_types.PDF),
        (b"junk before " + A_PDF, "report.pdf", media_types.PDF),
        (b"How a file with %PDF-1.7 in it begins", "notes.txt", media_types.TEXT),
        (codecs.BOM_UTF16_LE + "Größe".encode("utf-16-le"), "a.txt", media_types.TEXT),
        (codecs.BOM_UTF8 + b"{}", "a.json", media_types.JSON),
        (b"MZ is also how a word may begin", None, media_types.TEXT),
    ],
)
def test_a_type_is_told_from_content_and_the_name_decides_between_texts(
    data: bytes, filename: str | None, media_type: str
) -> None:
    assert MEDIA_TYPES.detect(data, filename=filename) == media_type


def test_a_word_document_is_told_from_its_parts() -> None:
    for filename in ("agreement.docx", None):
        assert MEDIA_TYPES.detect(files.written_docx(), filename=filename) == media_types.DOCX


@pytest.mark.parametrize(
    ("data", "filename", "reason"),
    [
        (b"", "a.txt", "empty"),
        (b" \n\t ", None, "empty"),
        (PNG, "photo.png", "unsupported_image"),
        (PNG, "report.pdf", "content_mismatch"),
        (PNG, "notes.txt", "content_mismatch"),
        (b"RIFF0000WEBPVP8 ", None, "unsupported_image"),
        (b"plain words", "report.docx", "content_mismatch"),
        (b"plain words", "report.pdf", "content_mismatch"),
        (b"plain words", "table.xlsx", "content_mismatch"),
        (A_PDF, "report.txt", "content_mismatch"),
        (A_PDF, "photo.png", "content_mismatch"),
        (OLE2, "letter.doc", "unsupported_legacy_office"),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), "letter.docx", "docx_encrypted"),
        (b"\x7fELF" + b"\0" * 60, None, "unsupported_executable"),
        (b"MZ\x90\x00" + b"\0" * 60, "setup.exe", "unsupported_executable"),
        (b"\x1f\x8b\x08" + b"\0" * 30, "a.tar.gz", "unsupported_archive"),
        (files.archive({"a.txt": b"x"}), "a.zip", "unsupported_archive"),
        (files.archive({"[Content_Types].xml": b"x", "xl/a.xml": b""}), None, "unsupported_office"),
        (files.written_docx()[:-100], "cut.docx", "zip_broken"),
        (b"{\\rtf1 hello}", None, "unsupported_rtf"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 40, None, "unsupported_media"),
        ("Größe".encode("latin-1"), "a.txt", "text_encoding"),
        (b"\xff\xfeG\x00r", "a.txt", "text_encoding"),
        (b"before\0after", "a.txt", "text_nul_characters"),
        ("Size".encode("utf-16-le"), None, "text_nul_characters"),
        (b'{"a": ', "a.json", "json_broken"),
        (b"just words", "a.json", "json_broken"),
        (b"[" * 100_000 + b"]" * 100_000, "a.json", "json_too_deep"),
    ],
)
def test_what_gives_no_text_is_refused_with_a_reason(
    data: bytes, filename: str | None, reason: str
) -> None:
    assert refused(data, filename) == reason


def test_a_zip_with_an_enormous_directory_is_refused_before_it_is_read() -> None:
    parts = {f"{number}/{'x' * 200}": b"" for number in range(5_000)}
    parts |= {"[Content_Types].xml": files.CONTENT_TYPES, "word/document.xml": b""}
    assert refused(files.archive(parts), "a.docx") == "unsupported_archive"


@given(st.binary(max_size=400), st.sampled_from([None, "a.txt", "a.json", "a.docx", "a.pdf", "a"]))
def test_any_bytes_have_a_type_or_a_reason(data: bytes, filename: str | None) -> None:
    for prefix in (b"", b"PK\x03\x04", b"%PDF-1", b"<!--", b"\xff\xfe"):
        with contextlib.suppress(Unextractable):
            assert "/" in MEDIA_TYPES.detect(prefix + data, filename=filename)


def test_a_page_of_comments_is_told_in_no_time() -> None:
    assert MEDIA_TYPES.detect(b"<!-- -->" * 500_000, filename=None) == media_types.TEXT
